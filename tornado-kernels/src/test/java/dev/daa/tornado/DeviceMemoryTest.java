package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.LogitsMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.ParameterLayout;
import org.junit.jupiter.api.Test;

final class DeviceMemoryTest {
    /// 4 MiB of parameters and 12 of a tensor.
    private static MemoryPlan plan(int rows) {
        ParameterLayout layout = new ParameterLayout("policy");
        Graph graph = new Graph().with(layout);
        graph.embedding("out", layout.add("table", 1 << 10, 1 << 10), null);
        return MemoryPlan.onDevice(graph, Capacity.training(rows, 1, 0, 0), LogitsMemory.HOST);
    }

    private static final MemoryPlan PLAN = plan(3 << 10);

    @Test
    void openProgramsLeaveLessRoom() {
        DeviceMemory memory = new DeviceMemory(40L << 20, Long.MAX_VALUE);
        memory.requireRoomFor(PLAN);
        DeviceMemory.Taken first = memory.take(PLAN, 0);
        memory.requireRoomFor(PLAN);
        DeviceMemory.Taken second = memory.take(PLAN, 0);
        assertThatThrownBy(() -> memory.requireRoomFor(PLAN))
                .isInstanceOf(InputException.class)
                .hasMessage("needs 16.0 MiB of memory, 8.0 MiB are available; the largest part is activations"
                        + " (12.0 MiB): reduce the batch or the model, or choose --backend cpu");
        memory.free(first);
        memory.requireRoomFor(PLAN);
        assertThatThrownBy(() -> memory.take(PLAN, 10L << 20))
                .isInstanceOf(InputException.class)
                .hasMessage("needs 26.0 MiB of memory, of which 10.0 MiB are factors and products in bf16, 24.0 MiB are"
                        + " available: choose --matmul-precision tf32, or reduce the batch or the model, or choose"
                        + " --backend cpu");
        memory.free(second);
        memory.free(memory.take(PLAN, 24L << 20));
    }

    @Test
    void driversKeepAPartOfAGpu() {
        assertThat(DeviceMemory.ofGpu(80L << 30)).isEqualTo((80L << 30) - (768L << 20));
        assertThat(DeviceMemory.ofGpu(2L << 30)).isEqualTo((2L << 30) - (256L << 20));
    }

    /// Where parameters lie once.
    @Test
    void theHostNeedsTheSameArrays() {
        DeviceMemory memory = new DeviceMemory(Long.MAX_VALUE, 28L << 20);
        assertThatThrownBy(() -> memory.take(PLAN, 13L << 20))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("needs 29.0 MiB of the host's memory as well, outside Java's heap, 28.0 MiB");
        DeviceMemory.Taken first = memory.take(PLAN, 0);
        memory.requireRoomFor(PLAN);
        DeviceMemory.Taken second = memory.take(PLAN, 0);
        assertThatThrownBy(() -> memory.requireRoomFor(PLAN))
                .isInstanceOf(InputException.class)
                .hasMessage("needs 16.0 MiB of the host's memory as well, outside Java's heap, 4.0 MiB are available:"
                        + " allow more (DAA_JAVA_OPTIONS=-XX:MaxDirectMemorySize=…), or reduce the batch or the model,"
                        + " or choose --backend cpu");
        memory.free(first);
        memory.free(second);
        memory.requireRoomFor(PLAN);
    }

    @Test
    void tensorsLongerThanAnArrayAreRefused() {
        DeviceMemory memory = new DeviceMemory(Long.MAX_VALUE, Long.MAX_VALUE);
        assertThatThrownBy(() -> memory.requireRoomFor(plan(1 << 21)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("a tensor of 2147483648 values is needed, an array has at most ");
    }

    @Test
    void javaMayTakeAsMuchOutsideItsHeapAsInside() {
        assertThat(DeviceMemory.outsideTheHeap()).isEqualTo(Runtime.getRuntime().maxMemory());
    }
}
