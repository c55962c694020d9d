package dev.daa.tornado;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;

/// Refuses batches that are larger than the program, and tokens, positions and targets that lie outside what they
/// index: a kernel would read and write other memory.
final class BatchCheck {
    private final Graph graph;
    private final Capacity capacity;
    private final int positions;

    /// @param positions that rotations are tabulated for
    BatchCheck(Graph graph, Capacity capacity, int positions) {
        this.graph = graph;
        this.capacity = capacity;
        this.positions = positions;
    }

    void check(Batch batch) {
        batch.requireFits(capacity);
        for (Op.Forward op : graph.forward()) {
            switch (op) {
                case Op.Embedding embedding -> {
                    requireRows("token", batch.token, batch.rows(), embedding.table());
                    if (embedding.positions() != null) {
                        requireRows("position", batch.position, batch.rows(), embedding.positions());
                    }
                }
                case Op.Rotary _ ->
                    requireInside("position", batch.position, "row", batch.rows(), "the rotation's table", positions);
                case Op.TokenLogProb head -> {
                    int vocabulary = head.weight().rows();
                    requireInside("token", batch.targetToken, "target", batch.targets(), "the vocabulary", vocabulary);
                    requireTargets(batch);
                }
                case Op.Gather _, Op.TokenKl _, Op.TokenConcentration _ -> requireTargets(batch);
                case Op.ScalarHead _ ->
                    requireInside("row", batch.scoreRow, "score", batch.scores(), "the batch", batch.rows());
                // Their rows are the batch's own, or those of caches that its maker laid out.
                case Op.LayerNorm _,
                        Op.RmsNorm _,
                        Op.Linear _,
                        Op.AddLinear _,
                        Op.Attention _,
                        Op.CachedAttention _,
                        Op.Gelu _,
                        Op.SwiGlu _,
                        Op.Sample _ -> {}
            }
        }
    }

    private static void requireTargets(Batch batch) {
        requireInside("row", batch.targetRow, "target", batch.targets(), "the batch", batch.rows());
    }

    private static void requireRows(String what, int[] values, int rows, Parameter table) {
        requireInside(what, values, "row", rows, table.name(), table.rows());
    }

    /// @param what the first `count` values are
    /// @param of what has one of them each
    /// @param room what they index, with `size` rows
    private static void requireInside(String what, int[] values, String of, int count, String room, int size) {
        for (int index = 0; index < count; index++) {
            int value = values[index];
            if (value < 0 || value >= size) {
                throw new IllegalArgumentException(what + " " + value + " of " + of + " " + index + " is outside "
                        + room + ", which has " + size + " rows");
            }
        }
    }
}
