package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Tensor.Extent;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What every backend must do with low-rank adapters on a frozen layout: values against the [Oracle], gradients of the
/// adapters, and none of what is frozen. A backend's test extends this and opens its backend.
public abstract class AdapterContract {
    /// Opens the backend under test.
    protected abstract Backend open(int threads);

    /// What the backend is held to.
    protected GraphCheck.Terms terms() {
        return GraphCheck.Terms.STRICT;
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,1,0,1",
        "7,13,3,33,0,33",
        "33,64,8,7,2,5",
        "257,33,13,40,27,13",
        "13,257,16,65,1,64",
        "70,3,33,131,1,129"
    })
    void addLinear(int rows, int inWidth, int rank, int outWidth, int first, int columns) {
        ParameterLayout frozen = new ParameterLayout("policy");
        Parameter weight = frozen.add("weight", outWidth, inWidth);
        Parameter bias = frozen.add("bias", outWidth);
        ParameterLayout adapter = new ParameterLayout("adapter");
        Parameter a = adapter.add("A", rank, inWidth);
        Parameter b = adapter.add("B", columns, rank);
        Graph graph = new Graph().with(frozen).with(adapter);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, inWidth);
        Tensor out = graph.linear("out", in, weight, bias, null);
        graph.addLinear(graph.linear("low", in, a, null, null), b, 0.75f, first, out);
        graph.differentiate(adapter, out);
        Batch batch = new Batch(Capacity.training(rows + 3, 2, 0, 0));
        batch.addSegment(new int[rows], 0, rows, -1);
        try (Backend backend = open(2)) {
            new GraphCheck(backend, graph, batch.capacity(), batch, 1)
                    .inputs(in)
                    .outputs(out)
                    .tolerance(1e-5)
                    .on(terms())
                    .run();
        }
    }

    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void adaptersOfAFrozenTransformer(SmallTransformer.Kind kind) {
        SmallTransformer model = new SmallTransformer(kind).adapted(5);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        Tensor score = graph.scalarHead("score", hidden, model.score());
        graph.differentiate(model.adapter(), head.logProb(), score);
        assertThat(MemoryPlan.trainedLayouts(graph)).containsExactly(model.adapter());
        Batch batch = SmallBatches.segments(7, -13, -1, 5, -3, 2, -9);
        for (int row = 0; row < batch.rows(); row += 2) {
            batch.addTarget(row, row % 11);
        }
        batch.addScore(batch.rows() - 1);
        try (Backend backend = open(2)) {
            new GraphCheck(backend, graph, batch.capacity(), batch, 1)
                    .outputs(head.logProb(), score)
                    .scale(0.3)
                    .tolerance(3e-5)
                    .coordinates(4)
                    .on(terms())
                    .run();
        }
    }
}
