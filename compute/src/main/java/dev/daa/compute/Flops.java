package dev.daa.compute;

/// Floating-point operations of a step: those of the matrix products and of attention, a multiplication and an addition
/// counted as two, elementwise work left out. What is computed twice to save memory counts once, so that the rate
/// compares programs by the result they give.
public final class Flops {
    private Flops() {}

    /// Operations of the forward and the backward pass on this batch.
    public static long of(Graph graph, Batch batch) {
        return forward(graph, batch) + backward(graph, batch);
    }

    /// Operations of the forward pass on this batch.
    public static long forward(Graph graph, Batch batch) {
        return graph.forward().stream().mapToLong(op -> of(op, graph, batch)).sum();
    }

    /// Operations of the backward pass on this batch; a forward op within it is computed for the second time.
    public static long backward(Graph graph, Batch batch) {
        return graph.backward().stream()
                .filter(op -> !(op instanceof Op.Linear || op instanceof Op.AddLinear || op instanceof Op.Attention))
                .mapToLong(op -> of(op, graph, batch))
                .sum();
    }

    private static long of(Op op, Graph graph, Batch batch) {
        return switch (op) {
            case Op.Linear(Tensor in, Parameter weight, var _, var _, var _) -> product(in.rows(batch), weight);
            case Op.LinearBackward(Tensor in, Parameter weight, var _, var _, var _, var _) ->
                derivatives(weight, graph) * product(in.rows(batch), weight);
            case Op.AddLinear added -> product(added.in().rows(batch), added.weight());
            case Op.AddLinearBackward added ->
                derivatives(added.weight(), graph) * product(added.in().rows(batch), added.weight());
            case Op.Attention attention -> 2 * attentionProduct(attention.shape(), visibleKeys(batch));
            case Op.AttentionBackward attention -> 5 * attentionProduct(attention.shape(), visibleKeys(batch));
            case Op.CachedAttention attention -> 2 * attentionProduct(attention.shape(), cachedKeys(batch));
            case Op.TokenLogProb head -> product(batch.targets(), head.weight());
            case Op.TokenLogProbBackward head ->
                derivatives(head.weight(), graph) * product(batch.targets(), head.weight());
            case Op.ScalarHead head -> product(batch.scores(), head.weight());
            case Op.ScalarHeadBackward head ->
                derivatives(head.weight(), graph) * product(batch.scores(), head.weight());
            case Op.TokenKl heads ->
                product(batch.targets(), heads.weight()) + product(batch.targets(), heads.otherWeight());
            case Op.TokenKlBackward heads ->
                derivatives(heads.otherWeight(), graph) * product(batch.targets(), heads.otherWeight());
            case Op.TokenConcentration head -> product(batch.targets(), head.weight());
            case Op.Embedding _,
                    Op.LayerNorm _,
                    Op.RmsNorm _,
                    Op.Rotary _,
                    Op.Gelu _,
                    Op.SwiGlu _,
                    Op.Gather _,
                    Op.Sample _,
                    Op.EmbeddingBackward _,
                    Op.LayerNormBackward _,
                    Op.RmsNormBackward _,
                    Op.RotaryBackward _,
                    Op.GeluBackward _,
                    Op.SwiGluBackward _,
                    Op.Accumulate _,
                    Op.Update _ -> 0;
        };
    }

    /// Products of a backward op: one for the derivative of its input, and one for a trained weight's gradient.
    private static int derivatives(Parameter weight, Graph graph) {
        return graph.trains(weight) ? 2 : 1;
    }

    private static long product(int rows, Parameter weight) {
        return 2L * rows * weight.rows() * weight.columns();
    }

    /// One product of queries and keys, or of probabilities and values.
    private static long attentionProduct(AttentionShape shape, long pairs) {
        return 2L * pairs * shape.heads() * shape.headSize();
    }

    /// Pairs of a row and a row that it sees: n(n + 1)/2 within a segment of n rows, n·p with a prefix of p rows.
    private static long visibleKeys(Batch batch) {
        long pairs = 0;
        for (int segment = 0; segment < batch.segments(); segment++) {
            long length = batch.segmentLength[segment];
            int prefix = batch.segmentPrefix[segment];
            pairs += length * (length + 1) / 2 + (prefix < 0 ? 0 : length * batch.segmentLength[prefix]);
        }
        return pairs;
    }

    private static long cachedKeys(Batch batch) {
        long pairs = 0;
        for (int row = 0; row < batch.rows(); row++) {
            pairs += batch.prefixLength[row] + batch.cacheWrite[row] - batch.ownStart[row] + 1;
        }
        return pairs;
    }
}
