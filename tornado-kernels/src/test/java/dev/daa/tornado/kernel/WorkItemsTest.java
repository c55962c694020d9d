package dev.daa.tornado.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.tornado.lowering.Grid;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// That kernels on the host see what is wrong with a kernel, so that the contracts of the other `Host…` tests can fail.
@Tag("host")
class WorkItemsTest {
    private static final int SIZE = 32;
    private static final int GROUPS = 5;
    private static final Grid GRID = Grid.groups(GROUPS, SIZE);

    private final FloatArray out = Memory.floats(GROUPS * SIZE);

    /// Each work-item takes what its neighbour has left in local memory.
    private void exchange(KernelContext context, boolean waits) {
        int lane = context.localIdx;
        float[] shared = context.allocateFloatLocalArray(SIZE);
        shared[lane] = context.globalIdx;
        if (waits) {
            context.localBarrier();
        }
        out.set(context.globalIdx, shared[(lane + 1) % SIZE]);
    }

    @Test
    void workItemsMeetAtABarrier() {
        WorkItems.run("exchange", GRID, context -> exchange(context, true), 1);
        for (int i = 0; i < GROUPS * SIZE; i++) {
            int group = i / SIZE;
            assertThat(out.get(i)).isEqualTo(group * SIZE + (i + 1) % SIZE);
        }
    }

    @Test
    void aMissingBarrierIsSeen() {
        WorkItems.run("exchange", GRID, context -> exchange(context, false), 1);
        int early = 0;
        for (int i = 0; i < GROUPS * SIZE; i++) {
            early += Float.isNaN(out.get(i)) ? 1 : 0;
        }
        assertThat(early).isBetween(GROUPS, GROUPS * (SIZE - 1));
    }

    @Test
    void aBarrierThatSomeDoNotReachIsNamed() {
        assertThatThrownBy(() -> WorkItems.run(
                        "halved",
                        Grid.groups(1, SIZE),
                        context -> {
                            if (context.localIdx < SIZE / 2) {
                                context.localBarrier();
                            }
                        },
                        1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("halved: 16 of 32 work-items of a group end where the others wait at a barrier");
    }

    @Test
    void aGridOfTwoDimensionsHasEveryPlaceOnce() {
        Grid grid = Grid.tiles(40, 30, 16, 8);
        FloatArray seen = Memory.floats((long) grid.x() * grid.y());
        WorkItems.run(
                "places",
                grid,
                context -> {
                    int x = context.groupIdx * 8 + context.localIdx;
                    int y = context.groupIdy * 8 + context.localIdy;
                    if (x == context.globalIdx && y == context.globalIdy) {
                        seen.set(y * grid.x() + x, seen.get(y * grid.x() + x) + 1);
                    }
                },
                1);
        for (int i = 0; i < seen.getSize(); i++) {
            assertThat(seen.get(i)).isEqualTo(1);
        }
    }
}
