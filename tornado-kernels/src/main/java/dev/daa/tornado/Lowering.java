package dev.daa.tornado;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Turns ops into launches.
final class Lowering {
    /// Something that runs.
    sealed interface Step {}

    /// Launches that run once.
    record Once(List<Launch> launches) implements Step {}

    /// Launches that run for one block of targets after the other.
    ///
    /// @param block first target and count, sent before each block
    /// @param rows targets of a block
    record Blocks(List<Launch> launches, IntArray block, int rows) implements Step {}

    private final Buffers buffers;
    private final Capacity capacity;
    private final Tables tables;
    private final IntArray ints;
    private final KernelContext context;
    private final HeadLowering heads;
    private final List<Step> steps = new ArrayList<>();
    private List<Launch> current = new ArrayList<>();

    private Lowering(Buffers buffers, Capacity capacity) {
        this.buffers = buffers;
        this.capacity = capacity;
        tables = buffers.tables();
        ints = tables.ints;
        context = buffers.context();
        heads = new HeadLowering(buffers, capacity);
    }

    /// Steps of these ops, in order.
    ///
    /// @param capacity the largest batch that they are for, which may be smaller than what the buffers hold
    static List<Step> of(List<Op> ops, Buffers buffers, Capacity capacity) {
        Lowering lowering = new Lowering(buffers, capacity);
        ops.forEach(lowering::lower);
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
            case Op.LayerNorm norm -> layerNorm(norm);
            case Op.LayerNormBackward norm -> layerNormBackward(norm);
            case Op.RmsNorm norm -> rmsNorm(norm);
            case Op.RmsNormBackward norm -> rmsNormBackward(norm);
            case Op.Linear linear -> linear(linear);
            case Op.LinearBackward linear -> linearBackward(linear);
            case Op.AddLinear linear -> addLinear(linear);
            case Op.AddLinearBackward linear -> addLinearBackward(linear);
            case Op.Rotary(Tensor qkv, AttentionShape shape, int size, float base) -> rotary(qkv, shape, size, base, 1);
            case Op.RotaryBackward(Tensor dQkv, AttentionShape shape, int size, float base) ->
                rotary(dQkv, shape, size, base, -1);
            case Op.Attention attention -> attention(attention);
            case Op.AttentionBackward attention -> attentionBackward(attention);
            case Op.CachedAttention attention -> cachedAttention(attention);
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
            case Op.TokenLogProb head -> blocks(heads.tokenLogProb(head));
            case Op.TokenLogProbBackward head -> gradient(heads.tokenLogProbBackward(head));
            case Op.ScalarHead head -> scalarHead(head);
            case Op.ScalarHeadBackward head -> scalarHeadBackward(head);
            case Op.TokenKl divergence -> blocks(heads.tokenKl(divergence));
            case Op.TokenKlBackward divergence -> gradient(heads.tokenKlBackward(divergence));
            case Op.TokenConcentration concentration -> blocks(heads.tokenConcentration(concentration));
            case Op.Sample sample -> sample(sample);
            case Op.ClipGradient _, Op.AdamW _, Op.RmsProp _ ->
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

    /// A [Group] for each row.
    private Grid groups(Tensor tensor) {
        return Grid.groups(tensor.rows(capacity), Group.SIZE);
    }

    private Grid rows(Tensor tensor) {
        return Grid.lanes(tensor.rows(capacity));
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

    private void layerNorm(Op.LayerNorm op) {
        current.add(Launch.of(
                "layerNorm",
                groups(op.in()),
                LayerNormKernel::forward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.value(op.bias()),
                buffers.of(op.out()),
                buffers.of(op.statistics()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.epsilon()));
    }

    private void layerNormBackward(Op.LayerNormBackward op) {
        int count = Tables.count(op.in().extent());
        int width = op.in().width();
        if (buffers.trains(op.weight())) {
            current.add(Launch.of(
                    "layerNormParts",
                    Grid.lanes((long) ElementKernel.PARTS * width),
                    LayerNormKernel::parameterParts,
                    context,
                    ints,
                    buffers.of(op.in()),
                    buffers.of(op.statistics()),
                    buffers.of(op.dOut()),
                    buffers.columnParts(width, 0),
                    buffers.columnParts(width, 1),
                    count,
                    width));
            current.add(
                    ColumnSums.totals(buffers, buffers.columnParts(width, 0), buffers.gradient(op.weight()), width));
            current.add(ColumnSums.totals(buffers, buffers.columnParts(width, 1), buffers.gradient(op.bias()), width));
        }
        current.add(Launch.of(
                "layerNormBackward",
                groups(op.in()),
                LayerNormKernel::backward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.statistics()),
                buffers.of(op.dOut()),
                buffers.of(op.dIn()),
                count,
                width,
                op.accumulate() ? 1 : 0));
    }

    private void rmsNorm(Op.RmsNorm op) {
        current.add(Launch.of(
                "rmsNorm",
                groups(op.in()),
                RmsNormKernel::forward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.out()),
                buffers.of(op.statistics()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.epsilon()));
    }

    private void rmsNormBackward(Op.RmsNormBackward op) {
        int count = Tables.count(op.in().extent());
        int width = op.in().width();
        if (buffers.trains(op.weight())) {
            current.add(Launch.of(
                    "rmsNormParts",
                    Grid.lanes((long) ElementKernel.PARTS * width),
                    RmsNormKernel::parameterParts,
                    context,
                    ints,
                    buffers.of(op.in()),
                    buffers.of(op.statistics()),
                    buffers.of(op.dOut()),
                    buffers.columnParts(width, 0),
                    count,
                    width));
            current.add(
                    ColumnSums.totals(buffers, buffers.columnParts(width, 0), buffers.gradient(op.weight()), width));
        }
        current.add(Launch.of(
                "rmsNormBackward",
                groups(op.in()),
                RmsNormKernel::backward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.statistics()),
                buffers.of(op.dOut()),
                buffers.of(op.dIn()),
                count,
                width,
                op.accumulate() ? 1 : 0));
    }

    private void linear(Op.Linear op) {
        int in = op.in().width();
        FloatArray out = buffers.of(op.out());
        Product product = new Product("linear", ints, buffers.of(op.in()), buffers.value(op.weight()), out)
                .rows(op.in().rows(capacity), Tables.count(op.in().extent()))
                .columns(op.out().width())
                .depth(in)
                .a(in, 1)
                .b(1, in);
        if (op.bias() != null) {
            product.bias(buffers.value(op.bias()));
        }
        if (op.residual() != null) {
            product.residual(buffers.of(op.residual()));
        }
        current.addAll(product.launches(buffers));
    }

    private void linearBackward(Op.LinearBackward op) {
        int in = op.in().width();
        int out = op.dOut().width();
        int count = Tables.count(op.in().extent());
        int rows = op.in().rows(capacity);
        if (buffers.trains(op.weight())) {
            current.addAll(new Product(
                            "linearWeight",
                            ints,
                            buffers.of(op.dOut()),
                            buffers.of(op.in()),
                            buffers.gradient(op.weight()))
                    .rows(out)
                    .columns(in)
                    .depth(rows, count)
                    .a(1, out)
                    .b(in, 1)
                    .accumulate(true)
                    .launches(buffers));
        }
        current.addAll(new Product(
                        "linearInput", ints, buffers.of(op.dOut()), buffers.value(op.weight()), buffers.of(op.dIn()))
                .rows(rows, count)
                .columns(in)
                .depth(out)
                .a(out, 1)
                .b(in, 1)
                .accumulate(op.accumulate())
                .launches(buffers));
        if (op.bias() != null && buffers.trains(op.bias())) {
            current.addAll(
                    ColumnSums.of(buffers, ints, buffers.of(op.dOut()), buffers.gradient(op.bias()), count, out, out));
        }
    }

    private void addLinear(Op.AddLinear op) {
        current.add(Launch.of(
                "addLinear",
                Grid.lanes((long) op.in().rows(capacity) * op.weight().rows()),
                AddLinearKernel::forward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.out()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.weight().rows(),
                op.first(),
                op.out().width(),
                op.scale()));
    }

    private void addLinearBackward(Op.AddLinearBackward op) {
        if (buffers.trains(op.weight())) {
            current.add(Launch.of(
                    "addLinearWeight",
                    Grid.lanes(op.weight().size()),
                    AddLinearKernel::parameters,
                    context,
                    ints,
                    buffers.of(op.dOut()),
                    buffers.of(op.in()),
                    buffers.gradient(op.weight()),
                    Tables.count(op.in().extent()),
                    op.in().width(),
                    op.weight().rows(),
                    op.first(),
                    op.dOut().width(),
                    op.scale()));
        }
        current.add(Launch.of(
                "addLinearInput",
                values(op.dIn()),
                AddLinearKernel::backward,
                context,
                ints,
                buffers.of(op.dOut()),
                buffers.value(op.weight()),
                buffers.of(op.dIn()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.weight().rows(),
                op.first(),
                op.dOut().width(),
                op.scale()));
    }

    private void rotary(Tensor qkv, AttentionShape shape, int size, float base, int direction) {
        int heads = shape.heads() + shape.keyValueHeads();
        current.add(Launch.of(
                "rotary",
                Grid.lanes((long) capacity.rows() * heads * (size / 2)),
                RotaryKernel::turn,
                context,
                ints,
                buffers.of(qkv),
                buffers.angles(size / 2, base),
                tables.position,
                heads,
                shape.headSize(),
                size / 2,
                shape.packedWidth(),
                direction));
    }

    private void attention(Op.Attention op) {
        AttentionShape shape = op.shape();
        int tile = AttentionTiles.rowsFor(shape);
        current.add(Launch.of(
                "attention",
                tiles(tile, shape.heads()),
                AttentionKernel::forward,
                context,
                ints,
                buffers.of(op.qkv()),
                buffers.of(op.out()),
                buffers.of(op.logSumExp()),
                tables.tiles(tile),
                tile / AttentionGroup.ACROSS,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize()));
    }

    private Grid tiles(int tile, int heads) {
        return Grid.groups(tables.mostTiles(tile), heads, AttentionGroup.LANES);
    }

    private void attentionBackward(Op.AttentionBackward op) {
        AttentionShape shape = op.shape();
        int tile = AttentionTiles.rowsFor(shape);
        FloatArray delta = buffers.delta(shape.heads());
        current.add(Launch.of(
                "attentionQueries",
                tiles(tile, shape.heads()),
                AttentionQueriesKernel::derivatives,
                context,
                ints,
                buffers.of(op.qkv()),
                buffers.of(op.out()),
                buffers.of(op.logSumExp()),
                buffers.of(op.dOut()),
                buffers.of(op.dQkv()),
                delta,
                tables.tiles(tile),
                tile / AttentionGroup.ACROSS,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize()));
        current.add(Launch.of(
                "attentionKeys",
                tiles(tile, shape.keyValueHeads()),
                AttentionKeysKernel::derivatives,
                context,
                ints,
                buffers.of(op.qkv()),
                buffers.of(op.logSumExp()),
                buffers.of(op.dOut()),
                buffers.of(op.dQkv()),
                delta,
                tables.tiles(tile),
                tables.segment,
                tile / AttentionGroup.ACROSS,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize()));
    }

    private void cachedAttention(Op.CachedAttention op) {
        AttentionShape shape = op.shape();
        AttentionTiles.requireSize(shape);
        FloatArray cache = buffers.cache(op);
        int cachedWidth = 2 * shape.keyValueWidth();
        current.add(Launch.of(
                "cacheWrite",
                Grid.lanes((long) capacity.rows() * cachedWidth),
                CachedAttentionKernel::write,
                context,
                ints,
                buffers.of(op.qkv()),
                cache,
                tables.cacheWrite,
                shape.queryWidth(),
                cachedWidth));
        current.add(Launch.of(
                "cachedAttention",
                Grid.groups(capacity.rows(), shape.heads(), CachedAttentionKernel.TILE),
                CachedAttentionKernel::attend,
                context,
                ints,
                buffers.of(op.qkv()),
                cache,
                buffers.of(op.out()),
                tables.cacheWrite,
                tables.prefixStart,
                tables.prefixLength,
                tables.ownStart,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize()));
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
                rows(op.out()),
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
        Grid groups = groups(op.logProb());
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
                vocabulary));
        current.add(Launch.of(
                "sampleTopK", groups, SampleKernel::topK, context, ints, tables.floats, logits, state, vocabulary));
        current.add(Launch.of(
                "sampleTopP", groups, SampleKernel::topP, context, ints, tables.floats, logits, state, vocabulary));
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
                vocabulary));
    }
}
