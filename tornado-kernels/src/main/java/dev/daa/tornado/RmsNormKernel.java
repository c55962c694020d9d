package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// `out = in·scale·weight` per row, `scale = 1/√(mean(in²) + epsilon)`, and its backward pass. A lane is a row, or a
/// column of the weight's gradient.
final class RmsNormKernel {
    private RmsNormKernel() {}

    static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray weight,
            FloatArray out,
            FloatArray statistics,
            int count,
            int width,
            float epsilon) {
        int row = context.globalIdx;
        if (row < tables.get(count)) {
            forwardLane(row, in, weight, out, statistics, width, epsilon);
        }
    }

    static void forwardLane(
            int row,
            FloatArray in,
            FloatArray weight,
            FloatArray out,
            FloatArray statistics,
            int width,
            float epsilon) {
        int at = row * width;
        float squares = 0;
        for (int j = 0; j < width; j++) {
            squares += in.get(at + j) * in.get(at + j);
        }
        float scale = 1 / TornadoMath.sqrt(squares / width + epsilon);
        for (int j = 0; j < width; j++) {
            out.set(at + j, in.get(at + j) * scale * weight.get(j));
        }
        statistics.set(row, scale);
    }

    static void backward(
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
        int row = context.globalIdx;
        if (row < tables.get(count)) {
            backwardLane(row, in, weight, statistics, dOut, dIn, width, accumulate);
        }
    }

    /// With `x = in·scale` and `g = dOut·weight`: `dIn = (g − x·mean(g·x))·scale`.
    static void backwardLane(
            int row,
            FloatArray in,
            FloatArray weight,
            FloatArray statistics,
            FloatArray dOut,
            FloatArray dIn,
            int width,
            int accumulate) {
        int at = row * width;
        float scale = statistics.get(row);
        float sum = 0;
        for (int j = 0; j < width; j++) {
            sum += dOut.get(at + j) * weight.get(j) * in.get(at + j) * scale;
        }
        float mean = sum / width;
        for (int j = 0; j < width; j++) {
            float d = (dOut.get(at + j) * weight.get(j) - in.get(at + j) * scale * mean) * scale;
            if (accumulate == 1) {
                d += dIn.get(at + j);
            }
            dIn.set(at + j, d);
        }
    }

    static void parameters(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray statistics,
            FloatArray dOut,
            FloatArray dWeight,
            int count,
            int width) {
        int column = context.globalIdx;
        if (column < width) {
            parametersLane(column, tables.get(count), in, statistics, dOut, dWeight, width);
        }
    }

    static void parametersLane(
            int column,
            int rows,
            FloatArray in,
            FloatArray statistics,
            FloatArray dOut,
            FloatArray dWeight,
            int width) {
        float sum = 0;
        for (int row = 0; row < rows; row++) {
            sum += dOut.get(row * width + column) * in.get(row * width + column) * statistics.get(row);
        }
        dWeight.set(column, dWeight.get(column) + sum);
    }
}
