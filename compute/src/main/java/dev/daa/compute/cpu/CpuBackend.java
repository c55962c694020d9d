package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.LogitsMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.cpu.kernel.CpuParameters;
import dev.daa.compute.cpu.kernel.KernelScratch;
import dev.daa.compute.cpu.parallel.VectorMath;
import dev.daa.compute.cpu.parallel.Workers;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Runs graphs on the cores of this machine by vectorised kernels. The results do not depend on the number of threads.
public final class CpuBackend implements Backend {
    private final Workers workers;
    private @Nullable KernelTimes times;

    /// @param threads worker threads, the caller included
    public CpuBackend(int threads) {
        workers = new Workers(threads);
    }

    @Override
    public String description() {
        return "cpu, " + VectorMath.SPECIES.vectorBitSize() + "-bit vectors, " + workers.count()
                + (workers.count() == 1 ? " thread" : " threads");
    }

    /// @throws InputException when the heap that is left has no room for the parameters
    @Override
    public Parameters allocate(ParameterLayout layout) {
        HeapMemory.requireRoomFor(layout);
        return new CpuParameters(layout);
    }

    @Override
    public Parameters adopt(ParameterLayout layout, Supplier<float[][]> values) {
        HeapMemory.requireRoomFor(layout);
        return new CpuParameters(layout, values.get());
    }

    @Override
    public MemoryPlan plan(Graph graph, Capacity capacity) {
        return MemoryPlan.of(
                graph, capacity, LogitsMemory.HOST, KernelScratch.values(graph, capacity, workers.count()));
    }

    @Override
    public void requireRoom(MemoryPlan plan) {
        HeapMemory.requireRoomForAll(plan);
    }

    /// @throws InputException when the program needs more memory than the heap has left
    @Override
    public Program compile(Graph graph, Capacity capacity, List<Parameters> parameters) {
        HeapMemory.requireRoomBesideParameters(plan(graph, capacity));
        return new CpuProgram(graph, capacity, parameters, workers, times);
    }

    @Override
    public void startProfile() {
        times = new KernelTimes();
    }

    @Override
    public DeviceProfile profile() {
        if (times == null) {
            throw new IllegalStateException("no profile was started");
        }
        return times.snapshot();
    }

    @Override
    public void close() {
        workers.close();
    }
}
