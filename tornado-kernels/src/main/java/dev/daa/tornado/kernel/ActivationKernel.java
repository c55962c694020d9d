package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// GELU in its two forms and SwiGLU. A lane is a value of the output.
public final class ActivationKernel {
    private static final float ROOT_2_OVER_PI = 0.7978845608f;
    private static final float ROOT_HALF = 0.70710678118f;
    private static final float DENSITY_AT_0 = 0.39894228040f;

    private ActivationKernel() {}

    public static void geluTanh(
            KernelContext context, IntArray tables, FloatArray in, FloatArray out, int count, int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * width) {
            out.set(lane, geluTanh(in.get(lane)));
        }
    }

    public static float geluTanh(float x) {
        return 0.5f * x * (1 + TornadoMath.tanh(ROOT_2_OVER_PI * (x + 0.044715f * x * x * x)));
    }

    public static void geluTanhBackward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray dOut,
            FloatArray dIn,
            int count,
            int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * width) {
            dIn.set(lane, dOut.get(lane) * geluTanhSlope(in.get(lane)));
        }
    }

    static float geluTanhSlope(float x) {
        float t = TornadoMath.tanh(ROOT_2_OVER_PI * (x + 0.044715f * x * x * x));
        return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * ROOT_2_OVER_PI * (1 + 0.134145f * x * x);
    }

    public static void geluExact(
            KernelContext context, IntArray tables, FloatArray in, FloatArray out, int count, int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * width) {
            out.set(lane, in.get(lane) * normalDistribution(in.get(lane)));
        }
    }

    public static void geluExactBackward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray dOut,
            FloatArray dIn,
            int count,
            int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * width) {
            dIn.set(lane, dOut.get(lane) * geluExactSlope(in.get(lane)));
        }
    }

    static float geluExactSlope(float x) {
        return normalDistribution(x) + x * DENSITY_AT_0 * TornadoMath.exp(-0.5f * x * x);
    }

    /// Φ(x) = erfc(−x/√2)/2 by a Chebyshev fit of the complementary error function whose relative error is below
    /// 1.2e-7 (Press et al., Numerical Recipes, erfcc).
    static float normalDistribution(float x) {
        float z = TornadoMath.abs(x) * ROOT_HALF;
        float t = 1 / (1 + 0.5f * z);
        float p = 0.17087277f;
        p = -0.82215223f + t * p;
        p = 1.48851587f + t * p;
        p = -1.13520398f + t * p;
        p = 0.27886807f + t * p;
        p = -0.18628806f + t * p;
        p = 0.09678418f + t * p;
        p = 0.37409196f + t * p;
        p = 1.00002368f + t * p;
        float tail = 0.5f * t * TornadoMath.exp(-z * z - 1.26551223f + t * p);
        if (x > 0) {
            return 1 - tail;
        }
        return tail;
    }

    public static void swiGlu(
            KernelContext context, IntArray tables, FloatArray in, FloatArray out, int count, int inner) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * inner) {
            int row = lane / inner;
            int at = lane + row * inner;
            float gate = in.get(at);
            out.set(lane, gate * sigmoid(gate) * in.get(at + inner));
        }
    }

    public static void swiGluBackward(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray dOut,
            FloatArray dIn,
            int count,
            int inner) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * inner) {
            swiGluBackwardLane(lane, in, dOut, dIn, inner);
        }
    }

    static void swiGluBackwardLane(int lane, FloatArray in, FloatArray dOut, FloatArray dIn, int inner) {
        int row = lane / inner;
        int at = lane + row * inner;
        float gate = in.get(at);
        float sigmoid = sigmoid(gate);
        float d = dOut.get(lane);
        dIn.set(at, d * in.get(at + inner) * sigmoid * (1 + gate * (1 - sigmoid)));
        dIn.set(at + inner, d * gate * sigmoid);
    }

    static float sigmoid(float x) {
        return 1 / (1 + TornadoMath.exp(-x));
    }
}
