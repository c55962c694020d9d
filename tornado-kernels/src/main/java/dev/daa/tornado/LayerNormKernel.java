package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// `out = (in − mean)·scale·weight + bias` per row, `scale = 1/√(variance + epsilon)`, and its backward pass. A lane is
/// a row, or a column of the gradients of weight and bias.
final class LayerNormKernel {
    private LayerNormKernel() {}

    static void forward(
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
        int row = context.globalIdx;
        if (row < tables.get(count)) {
            forwardLane(row, in, weight, bias, out, statistics, width, epsilon);
        }
    }

    static void forwardLane(
            int row,
            FloatArray in,
            FloatArray weight,
            FloatArray bias,
            FloatArray out,
            FloatArray statistics,
            int width,
            float epsilon) {
        int at = row * width;
        float sum = 0;
        for (int j = 0; j < width; j++) {
            sum += in.get(at + j);
        }
        float mean = sum / width;
        float squares = 0;
        for (int j = 0; j < width; j++) {
            float d = in.get(at + j) - mean;
            squares += d * d;
        }
        float scale = 1 / TornadoMath.sqrt(squares / width + epsilon);
        for (int j = 0; j < width; j++) {
            out.set(at + j, (in.get(at + j) - mean) * scale * weight.get(j) + bias.get(j));
        }
        statistics.set(2 * row, mean);
        statistics.set(2 * row + 1, scale);
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

    /// With `x = (in − mean)·scale` and `g = dOut·weight`: `dIn = (g − mean(g) − x·mean(g·x))·scale`.
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
        float mean = statistics.get(2 * row);
        float scale = statistics.get(2 * row + 1);
        float sumOfG = 0;
        float sumOfGx = 0;
        for (int j = 0; j < width; j++) {
            float g = dOut.get(at + j) * weight.get(j);
            sumOfG += g;
            sumOfGx += g * (in.get(at + j) - mean) * scale;
        }
        float meanOfG = sumOfG / width;
        float meanOfGx = sumOfGx / width;
        for (int j = 0; j < width; j++) {
            float x = (in.get(at + j) - mean) * scale;
            float d = (dOut.get(at + j) * weight.get(j) - meanOfG - x * meanOfGx) * scale;
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
            FloatArray dBias,
            int count,
            int width) {
        int column = context.globalIdx;
        if (column < width) {
            parametersLane(column, tables.get(count), in, statistics, dOut, dWeight, dBias, width);
        }
    }

    static void parametersLane(
            int column,
            int rows,
            FloatArray in,
            FloatArray statistics,
            FloatArray dOut,
            FloatArray dWeight,
            FloatArray dBias,
            int width) {
        float sumOfWeight = 0;
        float sumOfBias = 0;
        for (int row = 0; row < rows; row++) {
            float d = dOut.get(row * width + column);
            float x = (in.get(row * width + column) - statistics.get(2 * row)) * statistics.get(2 * row + 1);
            sumOfWeight += d * x;
            sumOfBias += d;
        }
        dWeight.set(column, dWeight.get(column) + sumOfWeight);
        dBias.set(column, dBias.get(column) + sumOfBias);
    }
}
