package dev.daa.tornado.lowering;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.LogitsMemory;
import dev.daa.compute.MatmulPrecision;
import dev.daa.compute.MemoryPlan;
import java.util.Arrays;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/// What a device decides about how graphs run on it.
///
/// @param cuda whether products are cuBLAS's and task graphs are replayed as CUDA graphs
/// @param fixedRows whether a step always has as many rows as its program can take, those behind the batch's made
///   harmless: cuBLAS takes the sizes of a product when the graph is built
/// @param gpu whether it has memory of its own and many lanes
/// @param precision of matrix products
/// @param largestGroup most work-items of a group
/// @param bucketedFrom operations of a step from which on a program of fixed rows has [Buckets]
public record DeviceTraits(
        boolean cuda, boolean fixedRows, boolean gpu, MatmulPrecision precision, int largestGroup, long bucketedFrom) {
    /// As many logits as an int can count with room to spare: 4 GiB.
    private static final LogitsMemory GPU_LOGITS = new LogitsMemory(1L << 30, 1 << 27);

    public static DeviceTraits of(TornadoDevice device, MatmulPrecision precision) {
        boolean cuda = device.getTornadoVMBackend() == TornadoVMBackendType.CUDA;
        long largestGroup = Arrays.stream(device.getPhysicalDevice().getDeviceMaxWorkGroupSize())
                .min()
                .orElseThrow();
        return new DeviceTraits(
                cuda,
                cuda,
                device.getDeviceType() == TornadoDeviceType.GPU,
                precision,
                Math.toIntExact(largestGroup),
                Buckets.LEAST_OPERATIONS);
    }

    public MemoryPlan plan(Graph graph, Capacity capacity) {
        return MemoryPlan.onDevice(graph, capacity, gpu ? GPU_LOGITS : LogitsMemory.HOST);
    }
}
