package dev.daa.bench.kernel;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Graph;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import java.util.List;

/// A small graph on a backend with random weights and derivatives, ready to be timed: kernels run as programs run them,
/// on a CPU on all cores. On a device a call includes its launches and what is sent and waited for.
final class Recorded implements AutoCloseable {
    private final Backend backend;
    private final Program program;
    private final Batch batch;
    private int updates;

    private Recorded(String place, Graph graph, ParameterLayout layout, Batch batch) {
        this.batch = batch;
        backend = Backend.open(place, Runtime.getRuntime().availableProcessors());
        Parameters weights = backend.allocate(layout);
        weights.write(Dimensions.random(layout.size()));
        program = backend.compile(graph, batch.capacity(), List.of(weights));
        program.forward(batch);
    }

    /// A forward pass.
    ///
    /// @param backend `cpu`, or what `daa devices` lists
    static Recorded forward(String backend, Graph graph, ParameterLayout layout, Batch batch) {
        return new Recorded(backend, graph, layout, batch);
    }

    /// Forward and backward pass.
    ///
    /// @param backend `cpu`, or what `daa devices` lists
    /// @param output whose derivative is given
    static Recorded differentiated(String backend, Graph graph, ParameterLayout layout, Batch batch, Tensor output) {
        Recorded recorded = new Recorded(backend, graph, layout, batch);
        float[] derivatives = Dimensions.random(output.rows(batch) * output.width());
        recorded.program.write(graph.gradient(output), batch, derivatives);
        return recorded;
    }

    void forward() {
        program.forward(batch);
    }

    void backward() {
        program.backward(batch);
    }

    void update() {
        program.update(1e-4f, ++updates);
    }

    @Override
    public void close() {
        program.close();
        backend.close();
    }
}
