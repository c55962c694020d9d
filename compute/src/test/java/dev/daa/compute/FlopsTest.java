package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FlopsTest {
    @Test
    void aTransformersStepIsCounted() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        graph.scalarHead("score", hidden, model.score());
        graph.differentiate(model.layout(), head.logProb());
        Batch batch = new Batch(Capacity.training(20, 3, 6, 1));
        int prefix = batch.addSegment(new int[5], 0, 5, -1);
        batch.addSegment(new int[3], 0, 3, prefix);
        batch.addSegment(new int[4], 0, 4, -1);
        for (int t = 0; t < 6; t++) {
            batch.addTarget(t, 0);
        }
        batch.addScore(0);
        // Two blocks of 24·72 + 24·24 + 2·24·40 weights on 12 rows; 6 targets of 11 · 24.
        long weights = 2 * 12 * 2 * (24 * 72 + 24 * 24 + 2 * 24 * 40);
        long logits = 2 * 6 * 11 * 24;
        // Pairs: 15 of the prefix, 3·5 + 6 of its continuation, 10; each 24 values wide in two products of two blocks.
        long attention = 2 * 2 * 2 * (15 + 21 + 10) * 24;
        assertThat(Flops.forward(graph, batch)).isEqualTo(weights + logits + attention + 2 * 24);
        assertThat(Flops.backward(graph, batch)).isEqualTo(2 * weights + 2 * logits + attention / 2 * 5);
    }

    @Test
    void frozenWeightsHaveOneProductLessAndAdaptersTheirOwn() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2).adapted(5);
        Graph graph = new Graph().with(model.layout());
        Op.TokenLogProb head = graph.tokenLogProb("logProb", model.hidden(graph), model.head());
        graph.differentiate(model.adapter(), head.logProb());
        Batch batch = new Batch(Capacity.training(7, 1, 3, 0));
        batch.addSegment(new int[7], 0, 7, -1);
        for (int t = 0; t < 3; t++) {
            batch.addTarget(t, 0);
        }
        // Both halves of each block's adapters: 5 values for each of 24 in, 40 in and what they add to.
        long adapters = 2 * 7 * 2 * 5 * (24 + 8 + 24 + 63 + 24 + 24 + 24 + 40 + 40 + 24);
        // The first block's packed projection reads what no trained parameter has touched.
        long weights = 2 * 7 * 2 * (24 * 72 + 24 * 24 + 2 * 24 * 40);
        long first = 2 * 7 * 24 * 72;
        long logits = 2 * 3 * 11 * 24;
        long attention = 2 * 2 * 2 * 28 * 24;
        assertThat(Flops.forward(graph, batch)).isEqualTo(weights + adapters + logits + attention);
        assertThat(Flops.backward(graph, batch)).isEqualTo(weights - first + 2 * adapters + logits + attention / 2 * 5);
    }

    @Test
    void decodingCountsTheCacheThatRowsSee() {
        ParameterLayout layout = new ParameterLayout("policy");
        AttentionShape shape = new AttentionShape(4, 2, 8);
        Parameter table = layout.add("table", 3, shape.packedWidth());
        Graph graph = new Graph().with(layout);
        graph.cachedAttention("out", graph.embedding("qkv", table, null), shape, 0);
        Batch batch = new Batch(Capacity.decoding(2, 0, 50));
        batch.addCachedRow(0, 7, 22, 3, 5, 20);
        batch.addCachedRow(0, 0, 40, 0, 0, 40);
        assertThat(Flops.forward(graph, batch)).isEqualTo(2L * 2 * 32 * (5 + 3 + 1));
    }
}
