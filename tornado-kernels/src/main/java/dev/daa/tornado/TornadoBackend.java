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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/// Runs graphs on one device of TornadoVM.
public final class TornadoBackend implements Backend {
    private static final String ANOTHER = "the batch or the model, or choose --backend cpu";

    private final String name;
    private final TornadoDevice device;
    private final DeviceTraits traits;
    private @Nullable Profile profile;

    /// @param name as users give it: `0:1`
    TornadoBackend(String name, TornadoDevice device, DeviceTraits traits) {
        this.name = name;
        this.device = device;
        this.traits = traits;
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
        return MemoryPlan.of(graph, capacity, traits.logits());
    }

    /// @throws InputException when the program needs more memory than the device has
    @Override
    public Program compile(Graph graph, Capacity capacity, List<Parameters> parameters) {
        MemoryPlan plan = plan(graph, capacity);
        plan.requireFits(
                device.getMaxGlobalMemory(),
                Map.of(
                        MemoryPlan.Part.PARAMETERS, ANOTHER,
                        MemoryPlan.Part.GRADIENTS, ANOTHER,
                        MemoryPlan.Part.OPTIMIZER, ANOTHER,
                        MemoryPlan.Part.ACTIVATIONS, ANOTHER,
                        MemoryPlan.Part.LOGITS, ANOTHER,
                        MemoryPlan.Part.CACHE, ANOTHER));
        TornadoProgram program = new TornadoProgram(
                graph,
                capacity,
                parameters,
                traits,
                buffers -> new DevicePlan(device, traits.cuda(), profile, buffers.context(), buffers.tables().ints));
        long needed = plan.totalBytes() + program.roundedBytes();
        if (needed > device.getMaxGlobalMemory()) {
            throw new InputException("needs " + MemoryPlan.mebibytes(needed) + " of memory, of which "
                    + MemoryPlan.mebibytes(program.roundedBytes()) + " are factors and products in bf16, "
                    + MemoryPlan.mebibytes(device.getMaxGlobalMemory())
                    + " are available: choose --matmul-precision tf32, or reduce " + ANOTHER);
        }
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
