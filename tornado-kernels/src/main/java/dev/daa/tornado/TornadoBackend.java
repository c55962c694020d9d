package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.tornado.lowering.DeviceTraits;
import dev.daa.tornado.lowering.TornadoParameters;
import dev.daa.tornado.plan.DevicePlan;
import dev.daa.tornado.plan.Profile;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/// Runs graphs on one device of TornadoVM.
public final class TornadoBackend implements Backend {
    private final String name;
    private final TornadoDevice device;
    private final DeviceTraits traits;
    private final DeviceMemory memory;
    private @Nullable Profile profile;

    /// @param name as users give it: `0:1`
    TornadoBackend(String name, TornadoDevice device, DeviceTraits traits) {
        this.name = name;
        this.device = device;
        this.traits = traits;
        long bytes = device.getMaxGlobalMemory();
        memory = new DeviceMemory(traits.gpu() ? DeviceMemory.ofGpu(bytes) : bytes, DeviceMemory.outsideTheHeap());
    }

    @Override
    public String description() {
        return "tornado:" + name + ", " + device.getTornadoVMBackend() + ", "
                + device.getPhysicalDevice().getDeviceName().strip() + ", "
                + MemoryPlan.mebibytes(device.getMaxGlobalMemory()) + ", "
                + traits.precision().key() + " products" + (traits.cuda() ? " by cuBLAS" : "");
    }

    @Override
    public Parameters allocate(ParameterLayout layout) {
        return new TornadoParameters(layout);
    }

    @Override
    public MemoryPlan plan(Graph graph, Capacity capacity) {
        return traits.plan(graph, capacity);
    }

    @Override
    public void requireRoom(MemoryPlan plan) {
        memory.requireRoomFor(plan);
    }

    /// @throws InputException when the program needs more memory than the device has, or the host, beside the
    ///   programs that are open
    @Override
    public Program compile(Graph graph, Capacity capacity, List<Parameters> parameters) {
        MemoryPlan plan = plan(graph, capacity);
        memory.requireRoomFor(plan);
        TornadoProgram program = new TornadoProgram(
                graph,
                capacity,
                parameters,
                traits,
                profile,
                buffers -> new DevicePlan(device, traits.cuda(), profile, buffers.context(), buffers.tables().ints));
        DeviceMemory.Taken taken = memory.take(plan, program.roundedBytes());
        program.onClose(() -> memory.free(taken));
        return program;
    }

    @Override
    public void startProfile() {
        profile = new Profile();
    }

    @Override
    public DeviceProfile profile() {
        return Objects.requireNonNull(profile, "no profile was started").snapshot();
    }

    @Override
    public void close() {}
}
