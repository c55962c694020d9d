package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// `out[s] = hidden[scoreRow[s]]·weightᵀ`. A lane is a score, a value of the derivative, or a value of the
/// gradient.
public final class ScalarHeadKernel {
    private ScalarHeadKernel() {}

    public static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray hidden,
            FloatArray weight,
            FloatArray out,
            int scoreRow,
            int width) {
        int score = context.globalIdx;
        if (score < tables.get(Tables.SCORES)) {
            int at = tables.get(scoreRow + score) * width;
            float sum = 0;
            for (int j = 0; j < width; j++) {
                sum += hidden.get(at + j) * weight.get(j);
            }
            out.set(score, sum);
        }
    }

    /// Rows without a score get 0, or keep what they have.
    public static void backward(
            KernelContext context,
            IntArray tables,
            FloatArray weight,
            FloatArray dOut,
            FloatArray dHidden,
            int start,
            int member,
            int width,
            int accumulate) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * width) {
            int row = lane / width;
            float sum = 0;
            for (int i = tables.get(start + row); i < tables.get(start + row + 1); i++) {
                sum += dOut.get(tables.get(member + i));
            }
            float d = sum * weight.get(lane - row * width);
            if (accumulate == 1) {
                d += dHidden.get(lane);
            }
            dHidden.set(lane, d);
        }
    }

    public static void parameters(
            KernelContext context,
            IntArray tables,
            FloatArray hidden,
            FloatArray dOut,
            FloatArray dWeight,
            int scoreRow,
            int width) {
        int lane = context.globalIdx;
        int scores = tables.get(Tables.SCORES);
        if (lane < width) {
            float sum = 0;
            for (int score = 0; score < scores; score++) {
                sum += dOut.get(score) * hidden.get(tables.get(scoreRow + score) * width + lane);
            }
            dWeight.set(lane, dWeight.get(lane) + sum);
        }
    }
}
