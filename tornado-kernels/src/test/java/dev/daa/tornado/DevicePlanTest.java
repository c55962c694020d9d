package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.lowering.Launch;
import dev.daa.tornado.plan.Chunk;
import dev.daa.tornado.plan.DevicePlan;
import java.util.List;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

final class DevicePlanTest {
    /// Its arrays would never be given back.
    @Test
    void aPlanThatCannotBeBuiltIsNotKept() {
        Runtimes.requireRunning();
        IntArray anchor = Memory.ints(1);
        Launch launch = Launch.library("broken", List.of(anchor), (graph, task) -> {
            throw new IllegalStateException("this task cannot be added");
        });
        try (DevicePlan plan = new DevicePlan(
                TornadoRuntimeProvider.getTornadoRuntime().getDefaultDevice(),
                false,
                null,
                new KernelContext(),
                anchor)) {
            int _ = plan.add(new Chunk(List.of(launch)));
            assertThatThrownBy(plan::open).hasMessage("this task cannot be added");
            assertThat(plan.isOpen()).isFalse();
            assertThat(DevicePlan.OPEN).doesNotContain(plan);
        }
    }
}
