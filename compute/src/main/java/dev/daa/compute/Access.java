package dev.daa.compute;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The tensors that an op reads and writes. A tensor that is changed in place or added to is in both lists.
///
/// @param reads tensors whose values the op needs
/// @param writes tensors whose values the op sets
public record Access(List<Tensor> reads, List<Tensor> writes) {
    /// What an op reads and writes. Ops of the update, which touch parameters only, have neither.
    public static Access of(Op op) {
        return switch (op) {
            case Op.Embedding(var _, var _, Tensor out) -> access(List.of(), out);
            case Op.LayerNorm(Tensor in, var _, var _, var _, Tensor out, Tensor statistics) ->
                access(List.of(in), out, statistics);
            case Op.RmsNorm(Tensor in, var _, var _, Tensor out, Tensor statistics) ->
                access(List.of(in), out, statistics);
            case Op.Linear(Tensor in, var _, var _, Tensor residual, Tensor out) -> access(present(in, residual), out);
            case Op.AddLinear(Tensor in, var _, var _, var _, Tensor out) -> access(List.of(in, out), out);
            case Op.Rotary(Tensor qkv, var _, var _, var _) -> access(List.of(qkv), qkv);
            case Op.Attention(Tensor qkv, var _, Tensor out, Tensor logSumExp) -> access(List.of(qkv), out, logSumExp);
            case Op.CachedAttention(Tensor qkv, var _, var _, Tensor out) -> access(List.of(qkv), out);
            case Op.Gelu(Tensor in, var _, Tensor out) -> access(List.of(in), out);
            case Op.SwiGlu(Tensor gateAndUp, Tensor out) -> access(List.of(gateAndUp), out);
            case Op.Gather(Tensor in, Tensor out) -> access(List.of(in), out);
            case Op.TokenLogProb(Tensor hidden, var _, Tensor logProb, Tensor entropy, Tensor logSumExp) ->
                access(List.of(hidden), logProb, entropy, logSumExp);
            case Op.ScalarHead(Tensor hidden, var _, Tensor out) -> access(List.of(hidden), out);
            case Op.TokenKl(
                    Tensor hidden,
                    var _,
                    Tensor otherHidden,
                    var _,
                    Tensor out,
                    Tensor logSumExp,
                    Tensor otherLogSumExp) -> access(List.of(hidden, otherHidden), out, logSumExp, otherLogSumExp);
            case Op.TokenConcentration(
                    Tensor hidden,
                    var _,
                    var _,
                    Tensor logCollision,
                    Tensor topEntropy,
                    Tensor topMass) -> new Access(List.of(hidden), present(logCollision, topEntropy, topMass));
            case Op.Sample(Tensor logits, Tensor logProb) -> access(List.of(logits), logProb);
            case Op.EmbeddingBackward(Tensor dOut, var _, var _) -> access(List.of(dOut));
            case Op.LayerNormBackward(
                    Tensor in,
                    var _,
                    var _,
                    Tensor statistics,
                    Tensor dOut,
                    Tensor dIn,
                    boolean accumulate) -> into(accumulate, dIn, in, statistics, dOut);
            case Op.RmsNormBackward(Tensor in, var _, Tensor statistics, Tensor dOut, Tensor dIn, boolean accumulate) ->
                into(accumulate, dIn, in, statistics, dOut);
            case Op.LinearBackward(Tensor in, var _, var _, Tensor dOut, Tensor dIn, boolean accumulate) ->
                into(accumulate, dIn, in, dOut);
            case Op.AddLinearBackward(Tensor in, var _, var _, var _, Tensor dOut, Tensor dIn) ->
                access(List.of(in, dOut), dIn);
            case Op.RotaryBackward(Tensor dQkv, var _, var _, var _) -> access(List.of(dQkv), dQkv);
            case Op.AttentionBackward(Tensor qkv, var _, Tensor out, Tensor logSumExp, Tensor dOut, Tensor dQkv) ->
                access(List.of(qkv, out, logSumExp, dOut), dQkv);
            case Op.GeluBackward(Tensor in, var _, Tensor dOut, Tensor dIn) -> access(List.of(in, dOut), dIn);
            case Op.SwiGluBackward(Tensor gateAndUp, Tensor dOut, Tensor dGateAndUp) ->
                access(List.of(gateAndUp, dOut), dGateAndUp);
            case Op.TokenLogProbBackward(
                    Tensor hidden,
                    var _,
                    Tensor entropy,
                    Tensor logSumExp,
                    Tensor dLogProb,
                    Tensor dEntropy,
                    Tensor dHidden,
                    boolean accumulate) -> into(accumulate, dHidden, hidden, entropy, logSumExp, dLogProb, dEntropy);
            case Op.TokenKlBackward(
                    Tensor hidden,
                    var _,
                    Tensor otherHidden,
                    var _,
                    Tensor logSumExp,
                    Tensor otherLogSumExp,
                    Tensor dOut,
                    Tensor dOtherHidden,
                    boolean accumulate) ->
                into(accumulate, dOtherHidden, hidden, otherHidden, logSumExp, otherLogSumExp, dOut);
            case Op.ScalarHeadBackward(Tensor hidden, var _, Tensor dOut, Tensor dHidden, boolean accumulate) ->
                into(accumulate, dHidden, hidden, dOut);
            case Op.Accumulate(Tensor from, Tensor into) -> access(List.of(from, into), into);
            case Op.Update _ -> access(List.of());
        };
    }

    private static Access access(List<Tensor> reads, Tensor... writes) {
        return new Access(reads, List.of(writes));
    }

    private static Access into(boolean accumulate, Tensor written, @Nullable Tensor... read) {
        List<Tensor> reads = new ArrayList<>(present(read));
        if (accumulate) {
            reads.add(written);
        }
        return new Access(List.copyOf(reads), List.of(written));
    }

    private static List<Tensor> present(@Nullable Tensor... tensors) {
        return Stream.of(tensors)
                .<Tensor>mapMulti((tensor, sink) -> {
                    if (tensor != null) {
                        sink.accept(tensor);
                    }
                })
                .toList();
    }
}
