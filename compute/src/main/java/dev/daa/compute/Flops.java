package dev.daa.compute;

import java.util.List;

/// Floating-point operations of a step: those of the matrix products and of attention, a multiplication and an addition
/// counted as two, elementwise work left out. What is computed twice to save memory counts once, so that the rate
/// compares programs by the result they give.
public final class Flops {
    private Flops() {}

    /// Operations of `ops` (the forward or the backward ops of a graph) on this batch.
    public static long of(List<Op> ops, Batch batch) {
        long flops = 0;
        boolean backward = false;
        for (Op op : ops) {
            // A forward op within the backward pass is computed for the second time.
            if (!backward || !(op instanceof Op.Linear || op instanceof Op.Attention)) {
                flops += of(op, batch);
            }
            backward |= op instanceof Op.LinearBackward
                    || op instanceof Op.AttentionBackward
                    || op instanceof Op.TokenLogProbBackward
                    || op instanceof Op.ScalarHeadBackward;
        }
        return flops;
    }

    private static long of(Op op, Batch batch) {
        return switch (op) {
            case Op.Linear(Tensor in, Parameter weight, var _, var _, var _) -> product(in.rows(batch), weight);
            case Op.LinearBackward(Tensor in, Parameter weight, var _, var _, var _, var _) ->
                2 * product(in.rows(batch), weight);
            case Op.Attention attention -> 2 * attentionProduct(attention.shape(), visibleKeys(batch));
            case Op.AttentionBackward attention -> 5 * attentionProduct(attention.shape(), visibleKeys(batch));
            case Op.CachedAttention attention -> 2 * attentionProduct(attention.shape(), cachedKeys(batch));
            case Op.TokenLogProb head -> product(batch.targets(), head.weight());
            case Op.TokenLogProbBackward head -> 2 * product(batch.targets(), head.weight());
            case Op.ScalarHead head -> product(batch.scores(), head.weight());
            case Op.ScalarHeadBackward head -> 2 * product(batch.scores(), head.weight());
            case Op.TokenKl heads ->
                product(batch.targets(), heads.weight()) + product(batch.targets(), heads.otherWeight());
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
                    Op.ClipGradient _,
                    Op.AdamW _,
                    Op.RmsProp _ -> 0;
        };
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
