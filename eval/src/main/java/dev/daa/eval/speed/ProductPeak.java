package dev.daa.eval.speed;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.CpuBackend;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.GemmPeak;
import java.util.List;
import java.util.Locale;

/// What the matrix product alone reaches where a benchmark runs: the yardstick of its steps.
///
/// @param gflops in 10⁹ floating-point operations a second
/// @param description one line for people
public record ProductPeak(double gflops, String description) {
    private static final int SMALLEST = 512;
    private static final int LARGEST = 8192;
    private static final int TIMES = 10;

    /// A product this long is not much slowed by what it takes to start it.
    private static final double LONG_ENOUGH = 10e-3;

    /// On the CPU the kernel alone, on `threads` workers; elsewhere a linear layer without bias, square, and large
    /// enough to take [#LONG_ENOUGH].
    public static ProductPeak measure(Backend backend, int threads) {
        if (backend instanceof CpuBackend) {
            try (Workers workers = new Workers(threads)) {
                GemmPeak peak = GemmPeak.measure(workers);
                return new ProductPeak(peak.gflops(), peak.describe());
            }
        }
        int size = SMALLEST;
        double seconds = seconds(backend, size);
        while (seconds < LONG_ENOUGH && size < LARGEST) {
            size *= 2;
            seconds = seconds(backend, size);
        }
        double gflops = 2e-9 * size * size * size / seconds;
        return new ProductPeak(
                gflops, String.format(Locale.ROOT, "GEMM peak %,.0f GFLOP/s, square of %,d", gflops, size));
    }

    /// The fastest of some products.
    private static double seconds(Backend backend, int size) {
        ParameterLayout layout = new ParameterLayout("peak");
        Parameter table = layout.add("table", 1, size);
        Parameter weight = layout.add("weight", size, size);
        Graph graph = new Graph().with(layout);
        Tensor in = graph.embedding("in", table, null);
        Tensor out = graph.linear("out", in, weight, null, null);
        Batch batch = new Batch(Capacity.training(size, 1, 0, 0));
        batch.addSegment(new int[size], 0, size, -1);
        Parameters parameters = backend.allocate(layout);
        float[] first = new float[size];
        double best = Double.POSITIVE_INFINITY;
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            Batch one = new Batch(Capacity.training(size, 1, 0, 0));
            one.addSegment(new int[1], 0, 1, -1);
            for (int i = 0; i < TIMES; i++) {
                long start = System.nanoTime();
                program.forward(batch);
                best = Math.min(best, (System.nanoTime() - start) * 1e-9);
            }
            program.read(out, one, first);
        }
        return best;
    }
}
