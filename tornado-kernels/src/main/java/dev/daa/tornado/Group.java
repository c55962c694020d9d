package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;

/// What the work-items of a group find out together, always in the same order. Every work-item of the group must call.
/// Each call has local memory of its own: TornadoVM would address an array that is handed over like one on Java's heap.
final class Group {
    /// Work-items of a group: four warps.
    static final int SIZE = 128;

    private Group() {}

    static float sum(KernelContext context, float value) {
        int lane = context.localIdx;
        float[] shared = context.allocateFloatLocalArray(SIZE);
        shared[lane] = value;
        context.localBarrier();
        for (int stride = SIZE / 2; stride > 0; stride = stride / 2) {
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
        int lane = context.localIdx;
        float[] shared = context.allocateFloatLocalArray(SIZE);
        shared[lane] = value;
        context.localBarrier();
        for (int stride = SIZE / 2; stride > 0; stride = stride / 2) {
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
