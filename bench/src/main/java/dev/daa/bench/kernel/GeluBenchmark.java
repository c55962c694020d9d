package dev.daa.bench.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import dev.daa.eval.speed.BenchmarkModel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/// GELU in its tanh form on the inner rows of a training step: eight in a chain that begins with an embedding, whose
/// time is in the figures by an eighth.
public class GeluBenchmark extends KernelBenchmark {
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
        int width = model.config().innerWidth();
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter table = layout.add("embedding.weight", model.config().vocabulary(), width);
        Graph graph = new Graph().with(layout);
        Tensor values = graph.embedding("input", table, null);
        for (int i = 0; i < REPEATS; i++) {
            values = graph.gelu("gelu" + i, values, Op.GeluForm.TANH);
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
        PlainJava.gelu(in, out);
        return out;
    }
}
