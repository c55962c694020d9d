package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.GraphCheck;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/// The products that GPUs without cuBLAS form in wide tiles, on whatever device there is: a linear layer whose three
/// products, forward (NT) and backward (NN, TN), have 8 × 8 wide tiles each, those at the edges not full; all values
/// against the CPU backend's.
class WideProductTest {
    @Test
    void theThreeProductsOfALinearLayer() {
        Runtimes.requireRunning();
        try (Backend backend = new TornadoBackend(
                "wide", TornadoRuntimeProvider.getTornadoRuntime().getDefaultDevice(), Traits.of(true))) {
            check(backend, new GraphCheck.Terms(false, 1e-7, TestedDevice.isCuda()));
        }
    }

    static void check(Backend backend, GraphCheck.Terms terms) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", 905, 903);
        Parameter bias = layout.add("bias", 905);
        Parameter table = layout.add("table", 5, 905);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Tensor.Extent.ROWS, 903);
        Tensor residual = graph.embedding("residual", table, null);
        Tensor out = graph.linear("out", in, weight, bias, residual);
        graph.differentiate(layout, out);
        Batch batch = new Batch(Capacity.training(904, 2, 904, 904));
        batch.addSegment(new int[901], 0, 901, -1);
        new GraphCheck(backend, graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .on(terms)
                .run();
    }
}
