package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.tornado.lowering.DeviceTraits;
import dev.daa.tornado.lowering.TornadoParameters;
import java.util.List;

/// The kernels of every op as plain Java: what they say, apart from what a compiler and a device make of it.
final class HostBackend implements Backend {
    private final DeviceTraits traits;

    /// @param gpu whether kernels are those that GPUs get
    HostBackend(boolean gpu) {
        this(Traits.of(gpu));
    }

    HostBackend(DeviceTraits traits) {
        this.traits = traits;
    }

    @Override
    public String description() {
        return "kernels on the host";
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
    public Program compile(Graph graph, Capacity capacity, List<Parameters> parameters) {
        return new TornadoProgram(graph, capacity, parameters, traits, null, _ -> new HostPlan());
    }

    @Override
    public void startProfile() {
        throw new UnsupportedOperationException("times of the host say nothing of a device");
    }

    @Override
    public DeviceProfile profile() {
        throw new UnsupportedOperationException("times of the host say nothing of a device");
    }

    @Override
    public void close() {}
}
