package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Products with a narrow side, added to columns of a matrix: the second map of a low-rank adapter. A lane is a value
/// of the result; the weight's gradient is a sum over rows: parts first, which [ElementKernel#columnTotals] adds up.
public final class AddLinearKernel {
    private AddLinearKernel() {}

    /// `out[:, first …] += scale·in·weightᵀ`; in [rows, rank], weight [columns, rank].
    public static void forward(
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
    public static void backward(
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

    /// Parts of `scale·dOut[:, first …]ᵀ·in`: a lane is a value of a run of rows, see [ElementKernel#columnParts].
    public static void parameterParts(
            KernelContext context,
            IntArray tables,
            FloatArray dOut,
            FloatArray in,
            FloatArray weightParts,
            int count,
            int rank,
            int columns,
            int first,
            int width,
            float scale) {
        int lane = context.globalIdx;
        int size = columns * rank;
        int partCount = ElementKernel.partCount(size);
        if (lane < partCount * size) {
            int part = lane / size;
            int column = (lane - part * size) / rank;
            int k = lane % rank;
            int rows = tables.get(count);
            int end = ElementKernel.firstRow(part + 1, partCount, rows);
            float sum = 0;
            for (int row = ElementKernel.firstRow(part, partCount, rows); row < end; row++) {
                sum += dOut.get(row * width + first + column) * in.get(row * rank + k);
            }
            weightParts.set(lane, scale * sum);
        }
    }
}
