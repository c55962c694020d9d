package dev.daa.bench.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/// AdamW on one flat buffer, with the norm of the gradients, which is measured on the way; the plain loop leaves the
/// norm out.
public class AdamWBenchmark extends KernelBenchmark {
    /// Where the graph runs; plain Java is for comparison and takes no notice.
    @Param("cpu")
    public String backend = "cpu";

    @Param({"1000000", "14000000"})
    public int parameters;

    private Recorded step;
    private float[] weights;
    private float[] gradients;
    private float[] first;
    private float[] second;
    private int updates;

    @Setup
    public void prepare() {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter table = layout.add("embedding.weight", parameters / 1000, 1000);
        Graph graph = new Graph().with(layout);
        Tensor values = graph.embedding("input", table, null);
        graph.differentiate(layout, values).adamW(layout, 0, 0.9f, 0.999f, 1e-8f, 0.01f);
        Batch batch = new Batch(Capacity.training(1, 1, 1, 0));
        batch.addSegment(new int[1], 0, 1, -1);
        step = Recorded.differentiated(backend, graph, layout, batch, values);
        weights = Dimensions.random(parameters);
        gradients = Dimensions.random(parameters);
        first = new float[parameters];
        second = new float[parameters];
    }

    @TearDown
    public void close() {
        step.close();
    }

    @Benchmark
    public void update() {
        step.update();
    }

    @Benchmark
    public float[] plainUpdate() {
        PlainJava.adamW(weights, gradients, first, second, ++updates);
        return weights;
    }
}
