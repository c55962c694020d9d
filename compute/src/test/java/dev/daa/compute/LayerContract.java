package dev.daa.compute;

import dev.daa.compute.Tensor.Extent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every backend must do of a transformer's layers: each op and its derivative against the [Oracle], at odd sizes.
interface LayerContract extends TestedBackend {
    @ParameterizedTest
    @CsvSource({"1,1", "7,13", "33,33", "13,64", "257,7", "5,257"})
    default void layerNorm(int rows, int width) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", width);
        Parameter bias = layout.add("bias", width);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, width);
        Tensor out = graph.layerNorm("out", in, weight, bias, 1e-5f);
        graph.differentiate(layout, out);
        Batch batch = SmallBatches.rows(rows);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(2e-5)
                // Of one column the derivative is a difference of equal products, times 1/√epsilon.
                .magnitude(width == 1 && terms().contracts() ? 1 : 1e-3)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @CsvSource({"1,1", "7,13", "33,33", "13,64", "257,7", "5,257"})
    default void rmsNorm(int rows, int width) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", width);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, width);
        Tensor out = graph.rmsNorm("out", in, weight, 1e-6f);
        graph.differentiate(layout, out);
        Batch batch = SmallBatches.rows(rows);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(2e-5)
                // Of one column the derivative is a difference of equal products, times 1/√epsilon.
                .magnitude(width == 1 && terms().contracts() ? 1 : 1e-3)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,true,true",
        "7,13,33,true,false",
        "33,64,7,false,true",
        "257,33,13,false,false",
        "13,257,65,true,true",
        "1030,17,1034,true,true"
    })
    default void linear(int rows, int inWidth, int outWidth, boolean withBias, boolean withResidual) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", outWidth, inWidth);
        Parameter bias = withBias ? layout.add("bias", outWidth) : null;
        Parameter table = layout.add("table", 5, outWidth);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, inWidth);
        Tensor residual = withResidual ? graph.embedding("residual", table, null) : null;
        Tensor out = graph.linear("out", in, weight, bias, residual);
        graph.differentiate(layout, out);
        Batch batch = SmallBatches.rows(rows);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(1e-5)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @EnumSource(Op.GeluForm.class)
    default void gelu(Op.GeluForm form) {
        for (int width : new int[] {1, 13, 64}) {
            ParameterLayout layout = new ParameterLayout("policy");
            layout.add("unused", 1);
            Graph graph = new Graph().with(layout);
            Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, width);
            Tensor out = graph.gelu("out", in, form);
            graph.differentiate(layout, out);
            Batch batch = SmallBatches.rows(33);
            new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                    .inputs(in)
                    .outputs(out)
                    .scale(3)
                    .tolerance(1e-6)
                    .on(terms())
                    .run();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 64})
    default void swiGlu(int inner) {
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, 2 * inner);
        Tensor out = graph.swiGlu("out", in);
        graph.differentiate(layout, out);
        Batch batch = SmallBatches.rows(33);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .scale(2)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @CsvSource({"2,2,8,8", "4,2,12,4", "3,1,16,16", "2,1,20,10", "1,1,64,16"})
    default void rotary(int heads, int keyValueHeads, int headSize, int rotarySize) {
        AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize);
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor qkv = GraphCheck.input(graph, "qkv", Extent.ROWS, shape.packedWidth());
        graph.rotary(qkv, shape, rotarySize, 10_000);
        graph.differentiate(layout, qkv);
        Batch batch = SmallBatches.rows(33);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .outputs(qkv)
                .inputs(qkv)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @CsvSource({"2,2,8", "4,2,12", "3,1,16", "2,1,20", "2,2,32", "1,1,64", "2,1,80", "1,1,1"})
    default void attention(int heads, int keyValueHeads, int headSize) {
        AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize);
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        // Positive lengths start anew, negative ones continue the first segment or (from the fourth on) the fourth.
        for (Batch batch : List.of(
                SmallBatches.segments(1),
                SmallBatches.segments(7, -13, -1, 5, -3, 2, -9),
                SmallBatches.segments(33),
                SmallBatches.segments(65, -70, -1),
                SmallBatches.segments(7, -13, -1, 70, -129),
                SmallBatches.segments(130, -64, 66))) {
            Graph graph = new Graph().with(layout);
            Tensor qkv = GraphCheck.input(graph, "qkv", Extent.ROWS, shape.packedWidth());
            Tensor out = graph.attention("out", qkv, shape);
            graph.differentiate(layout, out);
            new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                    .inputs(qkv)
                    .outputs(out)
                    .tolerance(5e-6)
                    .on(terms())
                    .run();
        }
    }

    @Test
    default void gather() {
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, 13);
        Tensor out = graph.gather("out", in);
        Batch batch = SmallBatches.rows(33);
        batch.addTarget(32, 0);
        batch.addTarget(0, 0);
        batch.addTarget(32, 0);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(1e-7)
                .on(terms())
                .run();
    }
}
