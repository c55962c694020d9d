package dev.daa.tornado;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.daa.compute.InputException;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.MemoryPlan.Part;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/// Asks, before a program is made, whether there is room for it beside those that are open: on the device, and on the
/// host, where every array of the device has one of the same size.
final class DeviceMemory {
    private static final String ANOTHER = "the batch or the model, or choose --backend cpu";
    private static final Map<Part, String> REMEDIES =
            Arrays.stream(Part.values()).collect(Collectors.toMap(part -> part, _ -> ANOTHER));
    /// Longest array, in values, that leaves room for what TornadoVM puts before them.
    private static final long LONGEST_ARRAY = Integer.MAX_VALUE - 1024;
    /// What a GPU's driver, compiled kernels and cuBLAS take of its memory: some hundred MiB.
    private static final long DRIVERS = 768L << 20;

    private final long device;
    private final long host;
    private long takenOnDevice;
    private long takenOnHost;

    /// What an open program takes.
    ///
    /// @param onHost without its parameters, which programs share there
    record Taken(long onDevice, long onHost) {}

    /// @param device bytes of the device
    /// @param host bytes that Java may take outside its heap
    DeviceMemory(long device, long host) {
        this.device = device;
        this.host = host;
    }

    /// Bytes of a GPU that programs may take.
    ///
    /// @param all bytes of its memory
    static long ofGpu(long all) {
        return all - Math.min(DRIVERS, all / 8);
    }

    /// Bytes that Java may take outside its heap: as many as inside where nothing else is said.
    static long outsideTheHeap() {
        long given = Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
        return given > 0 ? given : Runtime.getRuntime().maxMemory();
    }

    /// @throws InputException when there is not enough, or a tensor is longer than an array can be
    synchronized void requireRoomFor(MemoryPlan plan) {
        plan.requireFits(device - takenOnDevice, REMEDIES);
        plan.requireArraysHold(LONGEST_ARRAY, REMEDIES);
        requireOnHost(plan.totalBytes());
    }

    private void requireOnHost(long needed) {
        if (needed > host - takenOnHost) {
            throw new InputException("needs " + MemoryPlan.mebibytes(needed)
                    + " of the host's memory as well, outside Java's heap, "
                    + MemoryPlan.mebibytes(host - takenOnHost)
                    + " are available: allow more (DAA_JAVA_OPTIONS=-XX:MaxDirectMemorySize=…), or reduce " + ANOTHER);
        }
    }

    /// Counts a program until [#free].
    ///
    /// @param rounded bytes of factors and products in bf16, which are not in the plan
    /// @throws InputException when these do not fit
    synchronized Taken take(MemoryPlan plan, long rounded) {
        long needed = plan.totalBytes() + rounded;
        if (needed > device - takenOnDevice) {
            throw new InputException("needs " + MemoryPlan.mebibytes(needed) + " of memory, of which "
                    + MemoryPlan.mebibytes(rounded) + " are factors and products in bf16, "
                    + MemoryPlan.mebibytes(device - takenOnDevice)
                    + " are available: choose --matmul-precision tf32, or reduce " + ANOTHER);
        }
        requireOnHost(needed);
        Taken taken = new Taken(needed, needed - plan.bytes(Part.PARAMETERS));
        takenOnDevice += taken.onDevice();
        takenOnHost += taken.onHost();
        return taken;
    }

    synchronized void free(Taken taken) {
        takenOnDevice -= taken.onDevice();
        takenOnHost -= taken.onHost();
    }
}
