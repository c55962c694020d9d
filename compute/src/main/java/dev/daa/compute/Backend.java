package dev.daa.compute;

import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/// Where graphs run.
public interface Backend extends AutoCloseable {
    /// One line for logs and manifests: device, vector width or driver, threads.
    String description();

    /// Reserves zeroed memory for the parameters of one model.
    Parameters allocate(ParameterLayout layout);

    /// Turns a graph into something that runs.
    ///
    /// @param capacity largest batch that the program will see
    /// @param parameters one for each layout of the graph, in any order; shared, not copied
    Program compile(Graph graph, Capacity capacity, List<Parameters> parameters);

    @Override
    void close();

    /// Opens the backend that `choice` names: `name` or `name:device`.
    static Backend open(String choice, int threads) {
        int colon = choice.indexOf(':');
        String name = colon < 0 ? choice : choice.substring(0, colon);
        String device = colon < 0 ? "" : choice.substring(colon + 1);
        List<BackendProvider> providers = ServiceLoader.load(BackendProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        return providers.stream()
                .filter(provider -> provider.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException("backend is '" + choice + "', expected one of "
                        + providers.stream().map(BackendProvider::name).collect(Collectors.joining(", "))))
                .open(device, threads);
    }
}
