package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.lowering.Grid;
import dev.daa.tornado.lowering.Launch;
import dev.daa.tornado.plan.Chunk;
import dev.daa.tornado.plan.DevicePlan;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// A kernel that the device's compiler refuses must stop the run: TornadoVM's default is to run it on the host, as one
/// work-item, and go on.
final class UncompilableKernelTest {
    @BeforeAll
    static void start() {
        Runtimes.requireRunning();
    }

    /// OpenCL C and CUDA C++ have a keyword of the parameter's name.
    static void refused(KernelContext context, IntArray anchor, FloatArray into, int typedef) {
        int lane = context.globalIdx;
        if (lane < typedef) {
            into.set(lane, anchor.get(0) + 1f);
        }
    }

    @Test
    void itStopsTheRunByName() {
        KernelContext context = new KernelContext();
        IntArray anchor = Memory.ints(1);
        FloatArray into = Memory.floats(4);
        Launch launch =
                Launch.of("notForTheDevice", Grid.lanes(4), UncompilableKernelTest::refused, context, anchor, into, 4);
        try (DevicePlan plan = new DevicePlan(
                TornadoRuntimeProvider.getTornadoRuntime().getDefaultDevice(), false, null, context, anchor)) {
            int graph = plan.add(new Chunk(List.of(launch)));
            plan.open();
            assertThatThrownBy(() -> plan.run(graph))
                    .isInstanceOf(IllegalStateException.class)
                    .message()
                    .startsWith("kernel refused (task g0.t0_notForTheDevice) does not compile on ")
                    .doesNotContain("\n", "\u001B", "libjsig");
            assertThat(into.get(0)).isZero();
        }
    }

    @Test
    void runningOnTheHostInsteadIsRefused() {
        String before = System.getProperty("tornado.recover.bailout");
        System.setProperty("tornado.recover.bailout", "True");
        try {
            assertThatThrownBy(Runtimes::requireRunning)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("tornado.recover.bailout=True");
        } finally {
            System.setProperty("tornado.recover.bailout", before);
        }
    }
}
