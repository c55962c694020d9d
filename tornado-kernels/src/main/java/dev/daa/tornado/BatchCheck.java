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
        for (Op op : graph.forward()) {
            if (op instanceof Op.Embedding embedding) {
                requireRows("token", batch.token, batch.rows(), embedding.table());
                if (embedding.positions() != null) {
                    requireRows("position", batch.position, batch.rows(), embedding.positions());
                }
            } else if (op instanceof Op.Rotary) {
                for (int row = 0; row < batch.rows(); row++) {
                    requireInside("position", batch.position[row], "row", row, "the rotation's table", positions);
                }
            } else if (op instanceof Op.TokenLogProb head) {
                int vocabulary = head.weight().rows();
                for (int target = 0; target < batch.targets(); target++) {
                    requireInside("token", batch.targetToken[target], "target", target, "the vocabulary", vocabulary);
                }
                requireTargets(batch);
            } else if (op instanceof Op.Gather || op instanceof Op.TokenKl || op instanceof Op.TokenConcentration) {
                requireTargets(batch);
            } else if (op instanceof Op.ScalarHead) {
                for (int score = 0; score < batch.scores(); score++) {
                    requireInside("row", batch.scoreRow[score], "score", score, "the batch", batch.rows());
                }
            }
        }
    }

    private static void requireTargets(Batch batch) {
        for (int target = 0; target < batch.targets(); target++) {
            requireInside("row", batch.targetRow[target], "target", target, "the batch", batch.rows());
        }
    }

    private static void requireRows(String what, int[] values, int rows, Parameter table) {
        for (int row = 0; row < rows; row++) {
            requireInside(what, values[row], "row", row, table.name(), table.rows());
        }
    }

    private static void requireInside(String what, int value, String of, int index, String room, int size) {
        if (value < 0 || value >= size) {
            throw new IllegalArgumentException(what + " " + value + " of " + of + " " + index + " is outside " + room
                    + ", which has " + size + " rows");
        }
    }
}
