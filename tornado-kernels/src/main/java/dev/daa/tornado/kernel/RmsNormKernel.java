package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// `out = in·scale·weight` per row, `scale = 1/√(mean(in²) + epsilon)`, and its backward pass. A [Group] takes a row.
/// The weight's gradient is a sum over rows: parts first, which [ElementKernel#columnTotals] adds up.
public final class RmsNormKernel {
    private RmsNormKernel() {}

    public static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray weight,
            FloatArray out,
            FloatArray statistics,
            int count,
            int width,
            float epsilon) {
        int row = context.groupIdx;
        int lane = context.localIdx;
        int end = 0;
        if (row < tables.get(count)) {
            end = width;
        }
        int at = row * width;
        float squares = 0;
        for (int j = lane; j < end; j += Group.SIZE) {
            squares += in.get(at + j) * in.get(at + j);
        }
        float scale = 1 / TornadoMath.sqrt(Group.sum(context, squares) / width + epsilon);
        for (int j = lane; j < end; j += Group.SIZE) {
            out.set(at + j, in.get(at + j) * scale * weight.get(j));
        }
        if (lane < end) {
            if (lane == 0) {
                statistics.set(row, scale);
            }
        }
    }

    /// With `x = in·scale` and `g = dOut·weight`: `dIn = (g − x·mean(g·x))·scale`.
    public static void backward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray weight,
            FloatArray statistics,
            FloatArray dOut,
            FloatArray dIn,
            int count,
            int width,
            int accumulate) {
        int row = context.groupIdx;
        int lane = context.localIdx;
        int end = 0;
        float scale = 0;
        if (row < tables.get(count)) {
            end = width;
            scale = statistics.get(row);
        }
        int at = row * width;
        float sumOfGx = 0;
        for (int j = lane; j < end; j += Group.SIZE) {
            sumOfGx += dOut.get(at + j) * weight.get(j) * in.get(at + j) * scale;
        }
        float meanOfGx = Group.sum(context, sumOfGx) / width;
        for (int j = lane; j < end; j += Group.SIZE) {
            float d = (dOut.get(at + j) * weight.get(j) - in.get(at + j) * scale * meanOfGx) * scale;
            if (accumulate == 1) {
                d += dIn.get(at + j);
            }
            dIn.set(at + j, d);
        }
    }

    /// Parts of the gradient: a lane is a column of a run of rows, see [ElementKernel#columnParts].
    public static void parameterParts(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray statistics,
            FloatArray dOut,
            FloatArray weightParts,
            int count,
            int width) {
        int lane = context.globalIdx;
        int partCount = ElementKernel.partCount(width);
        if (lane < partCount * width) {
            int part = lane / width;
            int column = lane - part * width;
            int rows = tables.get(count);
            float sum = 0;
            int end = ElementKernel.firstRow(part + 1, partCount, rows);
            for (int row = ElementKernel.firstRow(part, partCount, rows); row < end; row++) {
                sum += dOut.get(row * width + column) * in.get(row * width + column) * statistics.get(row);
            }
            weightParts.set(lane, sum);
        }
    }
}
