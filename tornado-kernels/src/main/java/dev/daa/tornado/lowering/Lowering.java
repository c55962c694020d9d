package dev.daa.tornado.lowering;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import dev.daa.tornado.kernel.ActivationKernel;
import dev.daa.tornado.kernel.ElementKernel;
import dev.daa.tornado.kernel.EmbeddingKernel;
import dev.daa.tornado.kernel.Grouping;
import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.SampleKernel;
import dev.daa.tornado.kernel.ScalarHeadKernel;
import dev.daa.tornado.kernel.Tables;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Turns ops into launches. Norms, linear maps, attention and heads have a lowering of their own each.
public final class Lowering {
    /// Something that runs.
    public sealed interface Step {}

    /// Launches that run once.
    public record Once(List<Launch> launches) implements Step {}

    /// Launches that run for one block of targets after the other.
    ///
    /// @param block first target and count, sent before each block
    /// @param rows targets of a block
    public record Blocks(List<Launch> launches, IntArray block, int rows) implements Step {}

    private final Buffers buffers;
    private final Capacity capacity;
    private final Tables tables;
    private final IntArray ints;
    private final KernelContext context;
    private final NormLowering norms;
    private final LinearLowering linears;
    private final AttentionLowering attentions;
    private final HeadLowering heads;
    private final List<Step> steps = new ArrayList<>();
    private List<Launch> current = new ArrayList<>();

    private Lowering(Buffers buffers, Capacity capacity) {
        this.buffers = buffers;
        this.capacity = capacity;
        tables = buffers.tables();
        ints = tables.ints;
        context = buffers.context();
        norms = new NormLowering(buffers, capacity);
        linears = new LinearLowering(buffers, capacity);
        attentions = new AttentionLowering(buffers, capacity);
        heads = new HeadLowering(buffers, capacity);
    }

    /// Steps of these ops, in order.
    ///
    /// @param capacity the largest batch that they are for, which may be smaller than what the buffers hold
    public static List<Step> of(List<? extends Op> ops, Buffers buffers, Capacity capacity) {
        Lowering lowering = new Lowering(buffers, capacity);
        int at = 0;
        while (at < ops.size()) {
            int end = at;
            while (end < ops.size() && HeadLowering.isHead(ops.get(end))) {
                end++;
            }
            if (end > at) {
                lowering.heads.forward(ops.subList(at, end)).forEach(lowering::blocks);
                at = end;
            } else {
                lowering.lower(ops.get(at++));
            }
        }
        lowering.finishOnce();
        return lowering.steps;
    }

    private void finishOnce() {
        if (!current.isEmpty()) {
            steps.add(new Once(List.copyOf(current)));
            current = new ArrayList<>();
        }
    }

    private void blocks(Blocks blocks) {
        finishOnce();
        steps.add(blocks);
    }

    private void gradient(HeadLowering.Gradient gradient) {
        blocks(gradient.blocks());
        current.add(gradient.scatter());
    }

    private void lower(Op op) {
        switch (op) {
            case Op.Embedding embedding -> embedding(embedding);
            case Op.EmbeddingBackward embedding -> embeddingBackward(embedding);
            case Op.LayerNorm norm -> current.add(norms.layerNorm(norm));
            case Op.LayerNormBackward norm -> current.addAll(norms.layerNormBackward(norm));
            case Op.RmsNorm norm -> current.add(norms.rmsNorm(norm));
            case Op.RmsNormBackward norm -> current.addAll(norms.rmsNormBackward(norm));
            case Op.Linear linear -> current.addAll(linears.linear(linear));
            case Op.LinearBackward linear -> current.addAll(linears.linearBackward(linear));
            case Op.AddLinear linear -> current.add(linears.addLinear(linear));
            case Op.AddLinearBackward linear -> current.addAll(linears.addLinearBackward(linear));
            case Op.Rotary(Tensor qkv, AttentionShape shape, int size, float base) ->
                current.add(attentions.rotary(qkv, shape, size, base, 1));
            case Op.RotaryBackward(Tensor dQkv, AttentionShape shape, int size, float base) ->
                current.add(attentions.rotary(dQkv, shape, size, base, -1));
            case Op.Attention attention -> current.add(attentions.attention(attention));
            case Op.AttentionBackward attention -> current.addAll(attentions.attentionBackward(attention));
            case Op.CachedAttention attention -> current.addAll(attentions.cachedAttention(attention));
            case Op.Gelu gelu -> gelu(gelu);
            case Op.GeluBackward gelu -> geluBackward(gelu);
            case Op.SwiGlu(Tensor in, Tensor out) ->
                add("swiGlu", out, ActivationKernel::swiGlu, buffers.of(in), buffers.of(out));
            case Op.SwiGluBackward(Tensor in, Tensor dOut, Tensor dIn) ->
                add(
                        "swiGluBackward",
                        dOut,
                        ActivationKernel::swiGluBackward,
                        buffers.of(in),
                        buffers.of(dOut),
                        buffers.of(dIn));
            case Op.Gather(Tensor in, Tensor out) ->
                current.add(Launch.of(
                        "gather",
                        values(out),
                        ElementKernel::gather,
                        context,
                        ints,
                        buffers.of(in),
                        buffers.of(out),
                        Tables.TARGETS,
                        tables.targetRow,
                        out.width()));
            case Op.Accumulate(Tensor from, Tensor into) ->
                add("accumulate", into, ElementKernel::accumulate, buffers.of(from), buffers.of(into));
            case Op.TokenLogProbBackward head -> gradient(heads.tokenLogProbBackward(head));
            case Op.ScalarHead head -> scalarHead(head);
            case Op.ScalarHeadBackward head -> scalarHeadBackward(head);
            case Op.TokenKlBackward divergence -> gradient(heads.tokenKlBackward(divergence));
            case Op.Sample sample -> sample(sample);
            case Op.TokenLogProb _, Op.TokenKl _, Op.TokenConcentration _ ->
                throw new IllegalArgumentException(op + " is lowered with its neighbours");
            case Op.Update _ ->
                throw new IllegalArgumentException(op + " belongs to the update, not to the forward or backward ops");
        }
    }

    /// A kernel with two arrays, whose lanes are the values of `tensor`.
    private void add(
            String kernel,
            Tensor tensor,
            uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6<
                            KernelContext, IntArray, FloatArray, FloatArray, Integer, Integer>
                    code,
            FloatArray a,
            FloatArray b) {
        current.add(Launch.of(
                kernel, values(tensor), code, context, ints, a, b, Tables.count(tensor.extent()), tensor.width()));
    }

    /// A kernel with three arrays, whose lanes are the values of `tensor`.
    private void add(
            String kernel,
            Tensor tensor,
            uk.ac.manchester.tornado.api.common.TornadoFunctions.Task7<
                            KernelContext, IntArray, FloatArray, FloatArray, FloatArray, Integer, Integer>
                    code,
            FloatArray a,
            FloatArray b,
            FloatArray c) {
        current.add(Launch.of(
                kernel, values(tensor), code, context, ints, a, b, c, Tables.count(tensor.extent()), tensor.width()));
    }

    private Grid values(Tensor tensor) {
        return Grid.lanes((long) tensor.rows(capacity) * tensor.width());
    }

    private void embedding(Op.Embedding op) {
        current.add(Launch.of(
                "embedding",
                values(op.out()),
                EmbeddingKernel::forward,
                context,
                ints,
                buffers.value(op.table()),
                op.positions() == null ? buffers.none() : buffers.value(op.positions()),
                buffers.of(op.out()),
                tables.token,
                tables.position,
                op.out().width(),
                op.positions() == null ? 0 : 1));
    }

    private void embeddingBackward(Op.EmbeddingBackward op) {
        embeddingBackward(op.dOut(), op.table(), Tables.TOKEN_GROUPS, tables.byToken);
        if (op.positions() != null) {
            embeddingBackward(op.dOut(), op.positions(), Tables.POSITION_GROUPS, tables.byPosition);
        }
    }

    private void embeddingBackward(Tensor dOut, Parameter table, int groups, Grouping grouping) {
        current.add(Launch.of(
                "embeddingBackward",
                values(dOut),
                EmbeddingKernel::backward,
                context,
                ints,
                buffers.of(dOut),
                buffers.gradient(table),
                groups,
                grouping.key(),
                grouping.start(),
                grouping.member(),
                dOut.width()));
    }

    private void gelu(Op.Gelu op) {
        switch (op.form()) {
            case EXACT ->
                add("geluExact", op.out(), ActivationKernel::geluExact, buffers.of(op.in()), buffers.of(op.out()));
            case TANH ->
                add("geluTanh", op.out(), ActivationKernel::geluTanh, buffers.of(op.in()), buffers.of(op.out()));
        }
    }

    private void geluBackward(Op.GeluBackward op) {
        FloatArray in = buffers.of(op.in());
        FloatArray dOut = buffers.of(op.dOut());
        FloatArray dIn = buffers.of(op.dIn());
        switch (op.form()) {
            case EXACT -> add("geluExactBackward", op.dOut(), ActivationKernel::geluExactBackward, in, dOut, dIn);
            case TANH -> add("geluTanhBackward", op.dOut(), ActivationKernel::geluTanhBackward, in, dOut, dIn);
        }
    }

    private void scalarHead(Op.ScalarHead op) {
        current.add(Launch.of(
                "scalarHead",
                Grid.lanes(op.out().rows(capacity)),
                ScalarHeadKernel::forward,
                context,
                ints,
                buffers.of(op.hidden()),
                buffers.value(op.weight()),
                buffers.of(op.out()),
                tables.scoreRow,
                op.hidden().width()));
    }

    private void scalarHeadBackward(Op.ScalarHeadBackward op) {
        int width = op.hidden().width();
        if (buffers.trains(op.weight())) {
            current.add(Launch.of(
                    "scalarHeadParameters",
                    Grid.lanes(width),
                    ScalarHeadKernel::parameters,
                    context,
                    ints,
                    buffers.of(op.hidden()),
                    buffers.of(op.dOut()),
                    buffers.gradient(op.weight()),
                    tables.scoreRow,
                    width));
        }
        current.add(Launch.of(
                "scalarHeadBackward",
                values(op.dHidden()),
                ScalarHeadKernel::backward,
                context,
                ints,
                buffers.value(op.weight()),
                buffers.of(op.dOut()),
                buffers.of(op.dHidden()),
                tables.scoresOfRow.start(),
                tables.scoresOfRow.member(),
                width,
                op.accumulate() ? 1 : 0));
    }

    private void sample(Op.Sample op) {
        int vocabulary = op.logits().width();
        int size = SampleKernel.groupSize(vocabulary, buffers.traits().largestGroup());
        Grid groups = Grid.groups(op.logProb().rows(capacity), size);
        FloatArray logits = buffers.of(op.logits());
        FloatArray state = Memory.floats((long) capacity.targets() * SampleKernel.STATE);
        current.add(Launch.of(
                "sampleExtremes",
                groups,
                SampleKernel::extremes,
                context,
                ints,
                tables.floats,
                logits,
                state,
                buffers.sampled(),
                vocabulary,
                size));
        current.add(Launch.of(
                "sampleTopK",
                groups,
                SampleKernel::topK,
                context,
                ints,
                tables.floats,
                logits,
                state,
                vocabulary,
                size));
        current.add(Launch.of(
                "sampleTopP",
                groups,
                SampleKernel::topP,
                context,
                ints,
                tables.floats,
                logits,
                state,
                vocabulary,
                size));
        current.add(Launch.of(
                "sampleDraw",
                groups,
                SampleKernel::draw,
                context,
                ints,
                tables.floats,
                logits,
                state,
                buffers.of(op.logProb()),
                buffers.sampled(),
                tables.uniform,
                vocabulary,
                size));
    }
}
