package dev.daa.compute;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/// What every backend must do: layers, heads and whole programs. A backend's test extends this and opens its backend.
public abstract class BackendContract implements LayerContract, HeadContract, ProgramContract {
    private final List<Backend> opened = new ArrayList<>();

    /// Opens the backend under test.
    protected abstract Backend open(int threads);

    @Override
    public GraphCheck.Terms terms() {
        return GraphCheck.Terms.STRICT;
    }

    @Override
    public final Backend backend() {
        Backend backend = open(2);
        opened.add(backend);
        return backend;
    }

    @AfterEach
    void closeBackends() {
        opened.forEach(Backend::close);
    }
}
