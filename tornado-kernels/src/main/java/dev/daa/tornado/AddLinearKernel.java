package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Products with a narrow side, added to columns of a matrix: the second map of a low-rank adapter. A lane is a value
/// of the result.
final class AddLinearKernel {
    private AddLinearKernel() {}

    /// `out[:, first …] += scale·in·weightᵀ`; in [rows, rank], weight [columns, rank].
    static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray weight,
            FloatArray out,
            int count,
            int rank,
            int columns,
            int first,
            int width,
            float scale) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * columns) {
            forwardLane(lane, in, weight, out, rank, columns, first, width, scale);
        }
    }

    static void forwardLane(
            int lane,
            FloatArray in,
            FloatArray weight,
            FloatArray out,
            int rank,
            int columns,
            int first,
            int width,
            float scale) {
        int row = lane / columns;
        int column = lane - row * columns;
        float sum = 0;
        for (int k = 0; k < rank; k++) {
            sum += in.get(row * rank + k) * weight.get(column * rank + k);
        }
        int at = row * width + first + column;
        out.set(at, out.get(at) + scale * sum);
    }

    /// `dIn = scale·dOut[:, first …]·weight`.
    static void backward(
            KernelContext context,
            IntArray tables,
            FloatArray dOut,
            FloatArray weight,
            FloatArray dIn,
            int count,
            int rank,
            int columns,
            int first,
            int width,
            float scale) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * rank) {
            backwardLane(lane, dOut, weight, dIn, rank, columns, first, width, scale);
        }
    }

    static void backwardLane(
            int lane,
            FloatArray dOut,
            FloatArray weight,
            FloatArray dIn,
            int rank,
            int columns,
            int first,
            int width,
            float scale) {
        int row = lane / rank;
        int k = lane - row * rank;
        float sum = 0;
        for (int column = 0; column < columns; column++) {
            sum += dOut.get(row * width + first + column) * weight.get(column * rank + k);
        }
        dIn.set(lane, scale * sum);
    }

    /// `dWeight += scale·dOut[:, first …]ᵀ·in`.
    static void parameters(
            KernelContext context,
            IntArray tables,
            FloatArray dOut,
            FloatArray in,
            FloatArray gradient,
            int count,
            int rank,
            int columns,
            int first,
            int width,
            float scale) {
        int lane = context.globalIdx;
        if (lane < columns * rank) {
            parametersLane(lane, tables.get(count), dOut, in, gradient, rank, first, width, scale);
        }
    }

    static void parametersLane(
            int lane,
            int rows,
            FloatArray dOut,
            FloatArray in,
            FloatArray gradient,
            int rank,
            int first,
            int width,
            float scale) {
        int column = lane / rank;
        int k = lane - column * rank;
        float sum = 0;
        for (int row = 0; row < rows; row++) {
            sum += dOut.get(row * width + first + column) * in.get(row * rank + k);
        }
        gradient.set(lane, gradient.get(lane) + scale * sum);
    }
}
