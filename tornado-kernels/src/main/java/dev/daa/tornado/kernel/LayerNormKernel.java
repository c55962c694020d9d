package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// `out = (in − mean)·scale·weight + bias` per row, `scale = 1/√(variance + epsilon)`, and its backward pass. A [Group]
/// takes a row. Gradients of weight and bias are sums over rows: parts first, which [ElementKernel#columnTotals] adds
/// up.
public final class LayerNormKernel {
    private LayerNormKernel() {}

    public static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray weight,
            FloatArray bias,
            FloatArray out,
            FloatArray statistics,
            int count,
            int width,
            float epsilon) {
        int row = context.groupIdx;
        int lane = context.localIdx;
        // Groups behind the batch walk over no columns, since barriers must not depend on a condition.
        int end = 0;
        if (row < tables.get(count)) {
            end = width;
        }
        int at = row * width;
        float sum = 0;
        for (int j = lane; j < end; j += Group.SIZE) {
            sum += in.get(at + j);
        }
        float mean = Group.sum(context, sum) / width;
        float squares = 0;
        for (int j = lane; j < end; j += Group.SIZE) {
            float d = in.get(at + j) - mean;
            squares += d * d;
        }
        float scale = 1 / TornadoMath.sqrt(Group.sum(context, squares) / width + epsilon);
        for (int j = lane; j < end; j += Group.SIZE) {
            out.set(at + j, (in.get(at + j) - mean) * scale * weight.get(j) + bias.get(j));
        }
        if (lane < end) {
            if (lane == 0) {
                statistics.set(2 * row, mean);
                statistics.set(2 * row + 1, scale);
            }
        }
    }

    /// With `x = (in − mean)·scale` and `g = dOut·weight`: `dIn = (g − mean(g) − x·mean(g·x))·scale`.
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
        float mean = 0;
        float scale = 0;
        if (row < tables.get(count)) {
            end = width;
            mean = statistics.get(2 * row);
            scale = statistics.get(2 * row + 1);
        }
        int at = row * width;
        float sumOfG = 0;
        float sumOfGx = 0;
        for (int j = lane; j < end; j += Group.SIZE) {
            float g = dOut.get(at + j) * weight.get(j);
            sumOfG += g;
            sumOfGx += g * (in.get(at + j) - mean) * scale;
        }
        float meanOfG = Group.sum(context, sumOfG) / width;
        float meanOfGx = Group.sum(context, sumOfGx) / width;
        for (int j = lane; j < end; j += Group.SIZE) {
            float x = (in.get(at + j) - mean) * scale;
            float d = (dOut.get(at + j) * weight.get(j) - meanOfG - x * meanOfGx) * scale;
            if (accumulate == 1) {
                d += dIn.get(at + j);
            }
            dIn.set(at + j, d);
        }
    }

    /// Parts of the gradients: a lane is a column of a run of rows, see [ElementKernel#columnParts].
    public static void parameterParts(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray statistics,
            FloatArray dOut,
            FloatArray weightParts,
            FloatArray biasParts,
            int count,
            int width) {
        int lane = context.globalIdx;
        int partCount = ElementKernel.partCount(width);
        if (lane < partCount * width) {
            int part = lane / width;
            int column = lane - part * width;
            int rows = tables.get(count);
            float weightSum = 0;
            float biasSum = 0;
            int end = ElementKernel.firstRow(part + 1, partCount, rows);
            for (int row = ElementKernel.firstRow(part, partCount, rows); row < end; row++) {
                float d = dOut.get(row * width + column);
                biasSum += d;
                weightSum += d * (in.get(row * width + column) - statistics.get(2 * row)) * statistics.get(2 * row + 1);
            }
            weightParts.set(lane, weightSum);
            biasParts.set(lane, biasSum);
        }
    }
}
