package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Rows of a token table, plus rows of a position table where there is one. A lane is a value of the output, or of one
/// row of a table that some rows of the batch read.
public final class EmbeddingKernel {
    private EmbeddingKernel() {}

    public static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray table,
            FloatArray positions,
            FloatArray out,
            int token,
            int position,
            int width,
            int withPositions) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * width) {
            forwardLane(lane, tables, table, positions, out, token, position, width, withPositions);
        }
    }

    static void forwardLane(
            int lane,
            IntArray tables,
            FloatArray table,
            FloatArray positions,
            FloatArray out,
            int token,
            int position,
            int width,
            int withPositions) {
        int row = lane / width;
        int column = lane - row * width;
        float value = table.get(tables.get(token + row) * width + column);
        if (withPositions == 1) {
            value += positions.get(tables.get(position + row) * width + column);
        }
        out.set(lane, value);
    }

    public static void backward(
            KernelContext context,
            IntArray tables,
            FloatArray dOut,
            FloatArray gradient,
            int groups,
            int key,
            int start,
            int member,
            int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(groups) * width) {
            backwardLane(lane, tables, dOut, gradient, key, start, member, width);
        }
    }

    /// Adds the rows of one token (or position) to its gradient, in their order.
    static void backwardLane(
            int lane,
            IntArray tables,
            FloatArray dOut,
            FloatArray gradient,
            int key,
            int start,
            int member,
            int width) {
        int group = lane / width;
        int column = lane - group * width;
        float sum = 0;
        for (int i = tables.get(start + group); i < tables.get(start + group + 1); i++) {
            sum += dOut.get(tables.get(member + i) * width + column);
        }
        int at = tables.get(key + group) * width + column;
        gradient.set(at, gradient.get(at) + sum);
    }
}
