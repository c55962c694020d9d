package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.BFloat16;
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Moves what the host has sent to the arrays that stay on the device.
public final class TransferKernel {
    /// Arrays that one kernel can name.
    public static final int FAN = 8;

    /// Places in the control array of [#put].
    public static final int WHICH = 0;

    public static final int OFFSET = 1;
    public static final int COUNT = 2;

    private TransferKernel() {}

    /// Reads every array, so that TornadoVM sends all of them once.
    public static void touch(
            KernelContext context,
            FloatArray sink,
            FloatArray a0,
            FloatArray a1,
            FloatArray a2,
            FloatArray a3,
            FloatArray a4,
            FloatArray a5,
            FloatArray a6,
            FloatArray a7) {
        int lane = context.globalIdx;
        if (lane == 0) {
            sink.set(0, a0.get(0) + a1.get(0) + a2.get(0) + a3.get(0) + a4.get(0) + a5.get(0) + a6.get(0) + a7.get(0));
        }
    }

    /// The same for arrays of ints.
    public static void touchInts(KernelContext context, FloatArray sink, IntArray tables, IntArray sampled) {
        int lane = context.globalIdx;
        if (lane == 0) {
            sink.set(0, tables.get(0) + sampled.get(0));
        }
    }

    /// The same for rounded factors and products.
    public static void touchRounded(KernelContext context, FloatArray sink, BFloat16Array rounded) {
        int lane = context.globalIdx;
        if (lane == 0) {
            sink.set(0, BFloat16.bf16ToFloat(rounded.get(0)));
        }
    }

    public static void bind(
            KernelContext context,
            IntArray hostInts,
            FloatArray hostFloats,
            IntArray ints,
            FloatArray floats,
            int intCount,
            int floatCount) {
        int lane = context.globalIdx;
        if (lane < intCount) {
            ints.set(lane, hostInts.get(lane));
        }
        if (lane < floatCount) {
            floats.set(lane, hostFloats.get(lane));
        }
    }

    /// Copies the start of `staged` to a place in one of eight arrays.
    public static void put(
            KernelContext context,
            IntArray control,
            FloatArray staged,
            FloatArray a0,
            FloatArray a1,
            FloatArray a2,
            FloatArray a3,
            FloatArray a4,
            FloatArray a5,
            FloatArray a6,
            FloatArray a7) {
        int lane = context.globalIdx;
        if (lane < control.get(COUNT)) {
            int which = control.get(WHICH);
            int at = control.get(OFFSET) + lane;
            float value = staged.get(lane);
            if (which == 0) {
                a0.set(at, value);
            }
            if (which == 1) {
                a1.set(at, value);
            }
            if (which == 2) {
                a2.set(at, value);
            }
            if (which == 3) {
                a3.set(at, value);
            }
            if (which == 4) {
                a4.set(at, value);
            }
            if (which == 5) {
                a5.set(at, value);
            }
            if (which == 6) {
                a6.set(at, value);
            }
            if (which == 7) {
                a7.set(at, value);
            }
        }
    }
}
