package dev.daa.compute.cpu.kernel;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Op;
import dev.daa.compute.Tensor;

/// Prepares the kernel of each op.
public final class Kernels {
    private final Buffers buffers;
    private final boolean decoding;

    /// @param decoding weights are packed beforehand, for programs that run often between two updates
    public Kernels(Buffers buffers, boolean decoding) {
        this.buffers = buffers;
        this.decoding = decoding;
    }

    public Kernel prepare(Op op) {
        return switch (op) {
            case Op.Embedding embedding -> new EmbeddingKernel.Forward(embedding, buffers);
            case Op.EmbeddingBackward embedding -> new EmbeddingKernel.Backward(embedding, buffers);
            case Op.LayerNorm norm -> new LayerNormKernel.Forward(norm, buffers);
            case Op.LayerNormBackward norm -> new LayerNormKernel.Backward(norm, buffers);
            case Op.RmsNorm norm -> new RmsNormKernel.Forward(norm, buffers);
            case Op.RmsNormBackward norm -> new RmsNormKernel.Backward(norm, buffers);
            case Op.Linear linear ->
                decoding ? new LinearKernel.PackedForward(linear, buffers) : new LinearKernel.Forward(linear, buffers);
            case Op.LinearBackward linear -> new LinearKernel.Backward(linear, buffers);
            case Op.AddLinear linear -> new AddLinearKernel.Forward(linear, buffers);
            case Op.AddLinearBackward linear -> new AddLinearKernel.Backward(linear, buffers);
            case Op.Rotary rotary -> rotary(rotary.qkv(), rotary.shape(), rotary.rotarySize(), rotary.base(), 1);
            case Op.RotaryBackward rotary ->
                rotary(rotary.dQkv(), rotary.shape(), rotary.rotarySize(), rotary.base(), -1);
            case Op.Attention attention -> new AttentionKernel.Forward(attention, buffers);
            case Op.AttentionBackward attention -> new AttentionKernel.Backward(attention, buffers);
            case Op.CachedAttention attention -> new CachedAttentionKernel(attention, buffers);
            case Op.Gelu gelu -> ActivationKernel.forward(gelu, buffers);
            case Op.GeluBackward gelu -> ActivationKernel.backward(gelu, buffers);
            case Op.SwiGlu swiGlu -> new ActivationKernel.SwiGlu(swiGlu, buffers);
            case Op.SwiGluBackward swiGlu -> new ActivationKernel.SwiGluBackward(swiGlu, buffers);
            case Op.Gather gather -> new ElementKernel.Gather(gather, buffers);
            case Op.Accumulate accumulate -> new ElementKernel.Accumulate(accumulate, buffers);
            case Op.TokenLogProb head ->
                new TokenLogProbKernel.Forward(
                        head, buffers.headLogits(head.logSumExp(), head.hidden(), head.weight()), buffers);
            case Op.TokenLogProbBackward head ->
                new TokenLogProbKernel.Backward(
                        head, buffers.headLogits(head.logSumExp(), head.hidden(), head.weight()), buffers);
            case Op.ScalarHead head -> new ScalarHeadKernel.Forward(head, buffers);
            case Op.ScalarHeadBackward head -> new ScalarHeadKernel.Backward(head, buffers);
            case Op.TokenKl divergence -> new TokenKlKernel.Forward(divergence, buffers);
            case Op.TokenKlBackward divergence -> new TokenKlKernel.Backward(divergence, buffers);
            case Op.TokenConcentration concentration -> new TokenConcentrationKernel(concentration, buffers);
            case Op.Sample sample -> new SampleKernel(sample, buffers);
            case Op.Update _ ->
                throw new IllegalArgumentException(op + " belongs to the update, not to the forward or backward ops");
        };
    }

    /// @param direction 1, or −1 for the derivative, which is turned back
    private Kernel rotary(Tensor qkv, AttentionShape shape, int rotarySize, float base, float direction) {
        return new RotaryKernel(qkv, shape, buffers.rotaryTable(rotarySize, base), direction, buffers);
    }
}
