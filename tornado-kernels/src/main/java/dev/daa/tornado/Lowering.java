package dev.daa.tornado;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
    private final List<Step> steps = new ArrayList<>();
    private List<Launch> current = new ArrayList<>();

    private Lowering(Buffers buffers, Capacity capacity) {
        this.buffers = buffers;
        this.capacity = capacity;
        tables = buffers.tables();
        ints = tables.ints;
        context = buffers.context();
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
            case Op.TokenLogProb head -> tokenLogProb(head);
            case Op.TokenLogProbBackward head -> tokenLogProbBackward(head);
            case Op.ScalarHead head -> scalarHead(head);
            case Op.ScalarHeadBackward head -> scalarHeadBackward(head);
            case Op.TokenKl divergence -> tokenKl(divergence);
            case Op.TokenKlBackward divergence -> tokenKlBackward(divergence);
            case Op.TokenConcentration concentration -> tokenConcentration(concentration);
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
        if (trains(op.weight())) {
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
            current.add(columnTotals(buffers.columnParts(width, 0), buffers.gradient(op.weight()), width));
            current.add(columnTotals(buffers.columnParts(width, 1), buffers.gradient(op.bias()), width));
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
        if (trains(op.weight())) {
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
            current.add(columnTotals(buffers.columnParts(width, 0), buffers.gradient(op.weight()), width));
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
        if (trains(op.weight())) {
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
        if (op.bias() != null && trains(op.bias())) {
            current.addAll(columnSums(ints, buffers.of(op.dOut()), buffers.gradient(op.bias()), count, out, out));
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
        if (trains(op.weight())) {
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

    /// Frozen parameters have no gradients.
    private boolean trains(Parameter parameter) {
        return buffers.gradients().containsKey(parameter.layout());
    }

    /// `sum[column] += Σ_rows x[row, column]`.
    private List<Launch> columnSums(IntArray counts, FloatArray x, FloatArray sum, int count, int width, int stride) {
        FloatArray parts = buffers.columnParts(width, 0);
        return List.of(
                Launch.of(
                        "columnParts",
                        Grid.lanes((long) ElementKernel.PARTS * width),
                        ElementKernel::columnParts,
                        context,
                        counts,
                        x,
                        parts,
                        count,
                        width,
                        stride),
                columnTotals(parts, sum, width));
    }

    private Launch columnTotals(FloatArray parts, FloatArray sum, int width) {
        return Launch.of("columnTotals", Grid.lanes(width), ElementKernel::columnTotals, context, parts, sum, width);
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
                AttentionGradientKernel::queries,
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
                AttentionGradientKernel::keysAndValues,
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

    /// Hidden rows of the block's targets, and their logits, those of the rows of 0 behind the vocabulary included.
    private List<Launch> logits(
            Tensor hidden, Parameter weight, @Nullable Parameter bias, IntArray block, Buffers.Head head) {
        List<Launch> launches = new ArrayList<>();
        int width = hidden.width();
        launches.add(Launch.of(
                "headRows",
                Grid.lanes((long) head.blockRows() * width),
                HeadKernel::gather,
                context,
                ints,
                block,
                buffers.of(hidden),
                head.rows(),
                tables.targetRow,
                head.blockRows(),
                width));
        Product product = new Product("headLogits", block, head.rows(), buffers.value(weight), head.logits())
                .rows(head.blockRows(), HeadKernel.COUNT)
                .columns(bias == null ? head.stride() : weight.rows())
                .depth(width)
                .a(width, 1)
                .b(1, width)
                .c(head.stride());
        if (bias != null) {
            product.bias(buffers.value(bias));
        }
        launches.addAll(product.launches(buffers));
        return launches;
    }

    private void tokenLogProb(Op.TokenLogProb op) {
        finishOnce();
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        List<Launch> launches = logits(op.hidden(), op.weight(), op.bias(), head.block(), head);
        launches.add(Launch.of(
                "head",
                Grid.groups(head.blockRows(), HeadKernel.GROUP),
                HeadKernel::forward,
                context,
                ints,
                head.block(),
                tables.floats,
                head.logits(),
                buffers.of(op.logProb()),
                buffers.of(op.entropy()),
                buffers.of(op.logSumExp()),
                tables.targetToken,
                op.weight().rows(),
                head.stride()));
        steps.add(new Blocks(launches, head.block(), head.blockRows()));
    }

    private void tokenLogProbBackward(Op.TokenLogProbBackward op) {
        finishOnce();
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        IntArray block = Memory.ints(2);
        int vocabulary = op.weight().rows();
        List<Launch> launches = new ArrayList<>();
        if (!head.kept()) {
            launches.addAll(logits(op.hidden(), op.weight(), op.bias(), block, head));
        }
        launches.add(Launch.of(
                "headDerivative",
                Grid.lanes((long) head.blockRows() * head.stride()),
                HeadKernel::derivative,
                context,
                ints,
                block,
                tables.floats,
                head.logits(),
                buffers.of(op.logSumExp()),
                buffers.of(op.entropy()),
                buffers.of(op.dLogProb()),
                op.dEntropy() == null ? buffers.none() : buffers.of(op.dEntropy()),
                tables.targetToken,
                head.blockRows(),
                vocabulary,
                head.stride(),
                op.dEntropy() == null ? 0 : 1));
        if (op.bias() != null && trains(op.bias())) {
            launches.addAll(columnSums(
                    block, head.logits(), buffers.gradient(op.bias()), HeadKernel.COUNT, vocabulary, head.stride()));
        }
        headGradient(launches, block, head, op.weight(), op.dHidden(), op.accumulate());
    }

    /// Carries the derivatives that lie in the place of a head's logits on to its weight and hidden rows; ends the
    /// blocks.
    private void headGradient(
            List<Launch> launches,
            IntArray block,
            Buffers.Head head,
            Parameter weight,
            Tensor dHidden,
            boolean accumulate) {
        int width = dHidden.width();
        int vocabulary = weight.rows();
        if (trains(weight)) {
            launches.addAll(new Product("headWeight", block, head.logits(), head.rows(), buffers.gradient(weight))
                    .rows(vocabulary)
                    .columns(width)
                    .depth(head.blockRows(), HeadKernel.COUNT)
                    .a(1, head.stride())
                    .b(width, 1)
                    .accumulate(true)
                    .launches(buffers));
        }
        // The block's hidden rows have served; their derivatives take their place.
        launches.addAll(new Product("headInput", block, head.logits(), buffers.value(weight), head.rows())
                .rows(head.blockRows(), HeadKernel.COUNT)
                .columns(width)
                .depth(head.stride())
                .a(head.stride(), 1)
                .b(width, 1)
                .launches(buffers));
        FloatArray all = head.rows();
        if (!head.kept()) {
            all = Memory.floats((long) capacity.targets() * width);
            launches.add(Launch.of(
                    "headPut",
                    Grid.lanes((long) head.blockRows() * width),
                    HeadKernel::put,
                    context,
                    block,
                    head.rows(),
                    all,
                    width));
        }
        steps.add(new Blocks(launches, block, head.blockRows()));
        current.add(Launch.of(
                "headScatter",
                values(dHidden),
                ElementKernel::scatter,
                context,
                ints,
                all,
                buffers.of(dHidden),
                tables.targetsOfRow.start(),
                tables.targetsOfRow.member(),
                width,
                accumulate ? 1 : 0));
    }

    private void tokenKl(Op.TokenKl op) {
        finishOnce();
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        Buffers.Head other = buffers.head(op.otherLogSumExp(), op.otherWeight());
        List<Launch> launches = logits(op.hidden(), op.weight(), null, head.block(), head);
        launches.addAll(logits(op.otherHidden(), op.otherWeight(), null, head.block(), other));
        launches.add(Launch.of(
                "divergence",
                Grid.groups(head.blockRows(), HeadKernel.GROUP),
                HeadKernel::divergence,
                context,
                head.block(),
                tables.floats,
                head.logits(),
                other.logits(),
                buffers.of(op.out()),
                buffers.of(op.logSumExp()),
                buffers.of(op.otherLogSumExp()),
                op.weight().rows(),
                head.stride()));
        steps.add(new Blocks(launches, head.block(), head.blockRows()));
    }

    private void tokenKlBackward(Op.TokenKlBackward op) {
        finishOnce();
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        Buffers.Head other = buffers.head(op.otherLogSumExp(), op.otherWeight());
        IntArray block = Memory.ints(2);
        List<Launch> launches = new ArrayList<>();
        if (!other.kept()) {
            launches.addAll(logits(op.hidden(), op.weight(), null, block, head));
            launches.addAll(logits(op.otherHidden(), op.otherWeight(), null, block, other));
        }
        launches.add(Launch.of(
                "divergenceDerivative",
                Grid.lanes((long) other.blockRows() * other.stride()),
                DivergenceKernel::derivative,
                context,
                block,
                tables.floats,
                head.logits(),
                other.logits(),
                buffers.of(op.logSumExp()),
                buffers.of(op.otherLogSumExp()),
                buffers.of(op.dOut()),
                other.blockRows(),
                op.otherWeight().rows(),
                other.stride()));
        headGradient(launches, block, other, op.otherWeight(), op.dOtherHidden(), op.accumulate());
    }

    private void tokenConcentration(Op.TokenConcentration op) {
        finishOnce();
        Buffers.Head head = buffers.head(op.logCollision(), op.weight());
        List<Launch> launches = logits(op.hidden(), op.weight(), null, head.block(), head);
        launches.add(Launch.of(
                "collision",
                Grid.groups(head.blockRows(), HeadKernel.GROUP),
                DivergenceKernel::collision,
                context,
                head.block(),
                tables.floats,
                head.logits(),
                buffers.of(op.logCollision()),
                op.weight().rows(),
                head.stride()));
        launches.add(Launch.of(
                "likeliest",
                Grid.lanes(head.blockRows()),
                DivergenceKernel::likeliest,
                context,
                head.block(),
                tables.floats,
                head.logits(),
                buffers.of(op.topEntropy()),
                buffers.of(op.topMass()),
                op.weight().rows(),
                head.stride(),
                Math.min(op.top(), op.weight().rows())));
        steps.add(new Blocks(launches, head.block(), head.blockRows()));
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
                op.bias() == null ? buffers.none() : buffers.value(op.bias()),
                buffers.of(op.out()),
                tables.scoreRow,
                op.hidden().width(),
                op.bias() == null ? 0 : 1));
    }

    private void scalarHeadBackward(Op.ScalarHeadBackward op) {
        int width = op.hidden().width();
        if (trains(op.weight())) {
            current.add(Launch.of(
                    "scalarHeadParameters",
                    Grid.lanes(width + 1L),
                    ScalarHeadKernel::parameters,
                    context,
                    ints,
                    buffers.of(op.hidden()),
                    buffers.of(op.dOut()),
                    buffers.gradient(op.weight()),
                    op.bias() == null ? buffers.none() : buffers.gradient(op.bias()),
                    tables.scoreRow,
                    width,
                    op.bias() == null ? 0 : 1));
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
