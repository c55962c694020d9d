package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;

/// What the work-items of a group find out together, always in the same order. Every work-item of the group must call.
/// Each call has local memory of its own: TornadoVM would address an array that is handed over like one on Java's heap.
public final class Group {
    /// Work-items of a group, where nothing else is said: four warps.
    public static final int SIZE = 128;

    private Group() {}

    static float sum(KernelContext context, float value) {
        return sum(context, value, SIZE);
    }

    /// @param size work-items of the group, a power of two
    static float sum(KernelContext context, float value, int size) {
        int lane = context.localIdx;
        float[] shared = context.allocateFloatLocalArray(size);
        shared[lane] = value;
        context.localBarrier();
        for (int stride = size / 2; stride > 0; stride = stride / 2) {
            if (lane < stride) {
                shared[lane] += shared[lane + stride];
            }
            context.localBarrier();
        }
        float total = shared[0];
        context.localBarrier();
        return total;
    }

    static float maximum(KernelContext context, float value) {
        return maximum(context, value, SIZE);
    }

    /// @param size work-items of the group, a power of two
    static float maximum(KernelContext context, float value, int size) {
        int lane = context.localIdx;
        float[] shared = context.allocateFloatLocalArray(size);
        shared[lane] = value;
        context.localBarrier();
        for (int stride = size / 2; stride > 0; stride = stride / 2) {
            if (lane < stride) {
                shared[lane] = TornadoMath.max(shared[lane], shared[lane + stride]);
            }
            context.localBarrier();
        }
        float largest = shared[0];
        context.localBarrier();
        return largest;
    }
}
