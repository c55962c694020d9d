package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.BFloat16;
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// What stands before and behind a product in bfloat16, whose factors and result have 8 bits of significand. A lane is
/// a value.
public final class RoundingKernel {
    private RoundingKernel() {}

    /// The first `count` values, rounded.
    public static void narrow(KernelContext context, FloatArray from, BFloat16Array to, int count) {
        int lane = context.globalIdx;
        if (lane < count) {
            to.set(lane, BFloat16.bf16FromFloat(from.get(lane)));
        }
    }

    /// `C (+)= product + bias + residual`, by the flags of [ProductKernel]; the product's rows lie together.
    public static void finish(
            KernelContext context,
            BFloat16Array product,
            FloatArray bias,
            FloatArray residual,
            FloatArray c,
            int m,
            int n,
            int cRow,
            int flags) {
        int lane = context.globalIdx;
        if (lane < m * n) {
            int row = lane / n;
            int column = lane - row * n;
            int at = row * cRow + column;
            float value = BFloat16.bf16ToFloat(product.get(lane));
            if ((flags & ProductKernel.BIAS) == ProductKernel.BIAS) {
                value += bias.get(column);
            }
            if ((flags & ProductKernel.RESIDUAL) == ProductKernel.RESIDUAL) {
                value += residual.get(at);
            }
            if ((flags & ProductKernel.ACCUMULATE) == ProductKernel.ACCUMULATE) {
                value += c.get(at);
            }
            c.set(at, value);
        }
    }
}
