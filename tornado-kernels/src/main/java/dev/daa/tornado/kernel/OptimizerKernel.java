package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// Norm of the gradients and updates of the parameters. The norm's sum has [#LANES] parts, each added up over all
/// parameters in their order, of which [#PARTS] sums go to the host.
public final class OptimizerKernel {
    public static final int LANES = 1 << 16;
    public static final int PARTS = 1 << 10;

    /// Places, behind an optimizer's first, of what the host gives for a step.
    private static final int KEEP = 0;

    private static final int RATE = 1;
    private static final int ROOT = 2;
    private static final int SCALE = 3;

    private OptimizerKernel() {}

    public static void clear(KernelContext context, FloatArray squares, int lanes) {
        int lane = context.globalIdx;
        if (lane < lanes) {
            squares.set(lane, 0f);
        }
    }

    public static void squares(KernelContext context, FloatArray gradient, FloatArray squares, int size) {
        int lane = context.globalIdx;
        if (lane < LANES) {
            squaresLane(lane, gradient, squares, size);
        }
    }

    static void squaresLane(int lane, FloatArray gradient, FloatArray squares, int size) {
        float sum = squares.get(lane);
        for (int i = lane; i < size; i += LANES) {
            sum += gradient.get(i) * gradient.get(i);
        }
        squares.set(lane, sum);
    }

    public static void fold(KernelContext context, FloatArray squares, FloatArray parts, int count) {
        int lane = context.globalIdx;
        if (lane < count) {
            foldLane(lane, squares, parts);
        }
    }

    static void foldLane(int lane, FloatArray squares, FloatArray parts) {
        float sum = 0f;
        for (int i = lane; i < LANES; i += PARTS) {
            sum += squares.get(i);
        }
        parts.set(lane, sum);
    }

    /// A lane is a parameter's value; leaves its gradient 0.
    public static void adamW(
            KernelContext context,
            FloatArray floats,
            FloatArray weight,
            FloatArray gradient,
            FloatArray first,
            FloatArray second,
            int size,
            int place,
            float beta1,
            float beta2,
            float epsilon) {
        int lane = context.globalIdx;
        if (lane < size) {
            float g = gradient.get(lane) * floats.get(place + SCALE);
            float m = beta1 * first.get(lane) + (1 - beta1) * g;
            float v = beta2 * second.get(lane) + (1 - beta2) * g * g;
            float root = TornadoMath.sqrt(v) * floats.get(place + ROOT) + epsilon;
            weight.set(lane, weight.get(lane) * floats.get(place + KEEP) - m * floats.get(place + RATE) / root);
            first.set(lane, m);
            second.set(lane, v);
            gradient.set(lane, 0f);
        }
    }

    /// A lane is a parameter's value; leaves its gradient 0.
    public static void rmsProp(
            KernelContext context,
            FloatArray floats,
            FloatArray weight,
            FloatArray gradient,
            FloatArray second,
            int size,
            int place,
            float smoothing,
            float epsilon) {
        int lane = context.globalIdx;
        if (lane < size) {
            float g = gradient.get(lane) * floats.get(place + SCALE);
            float v = smoothing * second.get(lane) + (1 - smoothing) * g * g;
            float root = TornadoMath.sqrt(v) + epsilon;
            weight.set(lane, weight.get(lane) * floats.get(place + KEEP) - g * floats.get(place + RATE) / root);
            second.set(lane, v);
            gradient.set(lane, 0f);
        }
    }
}
