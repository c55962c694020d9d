package dev.daa.compute;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// Where graphs run.
public interface Backend extends AutoCloseable {
    /// The choice that leaves the choice to what is there.
    String AUTO = "auto";

    /// One line for logs and manifests: device, vector width or driver, threads.
    String description();

    /// Reserves zeroed memory for the parameters of one model.
    Parameters allocate(ParameterLayout layout);

    /// Reserves parameters with values that are made for them alone: where the backend can it keeps the arrays
    /// themselves, so that a model lies in memory once while it is loaded.
    ///
    /// @param values every array of the layout; asked for once there is room
    /// @throws InputException where there is no room
    default Parameters adopt(ParameterLayout layout, Supplier<float[][]> values) {
        Parameters parameters = allocate(layout);
        parameters.write(values.get());
        return parameters;
    }

    /// Memory that a program will take here, before anything is allocated.
    MemoryPlan plan(Graph graph, Capacity capacity);

    /// Refuses a program of which the parameters are still to be made, so that nobody waits for weights which
    /// nothing can train. A backend that cannot tell before [#compile] refuses nothing here.
    ///
    /// @throws InputException where there is no room for the program with its parameters
    default void requireRoom(MemoryPlan plan) {}

    /// Refuses programs any one of which has no room, as above.
    default void requireRoom(JointMemory programs) {
        programs.programs().forEach(this::requireRoom);
    }

    /// Turns a graph into something that runs.
    ///
    /// @param capacity largest batch that the program will see
    /// @param parameters one for each layout of the graph, in any order; shared, not copied
    Program compile(Graph graph, Capacity capacity, List<Parameters> parameters);

    /// Keeps account from now on of what programs do that are compiled later; they get slower.
    void startProfile();

    /// What has been done since [#startProfile].
    ///
    /// @throws IllegalStateException where no profile was started
    DeviceProfile profile();

    @Override
    void close();

    /// Opens the backend that `choice` names, with fp32 products.
    static Backend open(String choice, int threads) {
        return open(choice, threads, MatmulPrecision.FP32);
    }

    /// Which backend runs, and why.
    ///
    /// @param name `cpu`, `tornado:0:0`
    /// @param why in a few words; empty where there was nothing to choose
    record Choice(String name, String why) {}

    /// Settles [#AUTO]: the first GPU that a backend of this build can use, and the CPU where there is none.
    static Choice choose(String choice) {
        if (!choice.equals(AUTO)) {
            return new Choice(choice, "");
        }
        List<BackendProvider> providers = providers();
        for (BackendProvider provider : providers) {
            Optional<String> gpu = provider.gpu();
            if (gpu.isPresent()) {
                return new Choice(provider.name() + ":" + gpu.get(), "a GPU was found");
            }
        }
        return new Choice("cpu", providers.size() == 1 ? "" : "no GPU was found");
    }

    /// Opens the backend that `choice` names: `name`, `name:device` or [#AUTO], see [#choose].
    ///
    /// @throws InputException when there is no such backend or device, or it has no such precision
    static Backend open(String choice, int threads, MatmulPrecision precision) {
        String chosen = choose(choice).name();
        int colon = chosen.indexOf(':');
        String name = colon < 0 ? chosen : chosen.substring(0, colon);
        String device = colon < 0 ? "" : chosen.substring(colon + 1);
        List<BackendProvider> providers = providers();
        return providers.stream()
                .filter(provider -> provider.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException("backend is '" + choice + "', expected one of " + AUTO + ", "
                        + providers.stream().map(BackendProvider::name).collect(Collectors.joining(", "))))
                .open(device, threads, precision);
    }

    private static List<BackendProvider> providers() {
        return ServiceLoader.load(BackendProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }
}
