package dev.daa.bench.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Graph;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import dev.daa.eval.speed.BenchmarkModel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/// Layer norm of the residual stream of a training step: eight in a chain that begins with an embedding, whose time is
/// in the figures by an eighth.
public class LayerNormBenchmark extends KernelBenchmark {
    private static final int REPEATS = 8;

    /// Where the graph runs; plain Java is for comparison and takes no notice.
    @Param("cpu")
    public String backend = "cpu";

    @Param({"S", "M"})
    public BenchmarkModel model = BenchmarkModel.S;

    private Recorded chain;
    private float[] in;
    private float[] out;

    @Setup
    public void prepare() {
        int width = model.config().width();
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter table = layout.add("embedding.weight", model.config().vocabulary(), width);
        Parameter weight = layout.add("norm.weight", width);
        Parameter bias = layout.add("norm.bias", width);
        Graph graph = new Graph().with(layout);
        Tensor values = graph.embedding("input", table, null);
        for (int i = 0; i < REPEATS; i++) {
            values = graph.layerNorm("norm" + i, values, weight, bias, 1e-5f);
        }
        Batch batch = Dimensions.batch(model, model.config().vocabulary());
        chain = Recorded.differentiated(backend, graph.differentiate(layout, values), layout, batch, values);
        in = Dimensions.random(Dimensions.rows(model) * width);
        out = new float[in.length];
    }

    @TearDown
    public void close() {
        chain.close();
    }

    @Benchmark
    @OperationsPerInvocation(REPEATS)
    public void forward() {
        chain.forward();
    }

    @Benchmark
    @OperationsPerInvocation(REPEATS)
    public void backward() {
        chain.backward();
    }

    @Benchmark
    public float[] plainForward() {
        PlainJava.layerNorm(in, model.config().width(), out);
        return out;
    }
}
