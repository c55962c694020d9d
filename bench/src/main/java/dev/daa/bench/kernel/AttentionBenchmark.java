package dev.daa.bench.kernel;

import dev.daa.compute.AttentionShape;
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

/// Causal attention of a training step. The forward pass is eight times the same op, so that filling its input weighs
/// little; the backward pass of one op also adds its input's derivatives to an embedding.
public class AttentionBenchmark extends KernelBenchmark {
    private static final int REPEATS = 8;

    /// Where the graph runs; plain Java is for comparison and takes no notice.
    @Param("cpu")
    public String backend = "cpu";

    @Param({"S", "M"})
    public BenchmarkModel model = BenchmarkModel.S;

    private AttentionShape shape;
    private Recorded repeated;
    private Recorded differentiated;
    private float[] qkv;
    private float[] out;

    @Setup
    public void prepare() {
        shape = model.config().attentionShape();
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter table = layout.add("embedding.weight", model.config().vocabulary(), shape.packedWidth());
        Batch batch = Dimensions.batch(model, model.config().vocabulary());
        Graph forward = new Graph().with(layout);
        Tensor input = forward.embedding("input", table, null);
        for (int i = 0; i < REPEATS; i++) {
            forward.attention("attention" + i, input, shape);
        }
        repeated = Recorded.forward(backend, forward, layout, batch);
        Graph backward = new Graph().with(layout);
        Tensor output = backward.attention("attention", backward.embedding("input", table, null), shape);
        differentiated =
                Recorded.differentiated(backend, backward.differentiate(layout, output), layout, batch, output);
        qkv = Dimensions.random(Dimensions.rows(model) * shape.packedWidth());
        out = new float[Dimensions.rows(model) * shape.queryWidth()];
    }

    @TearDown
    public void close() {
        repeated.close();
        differentiated.close();
    }

    @Benchmark
    @OperationsPerInvocation(REPEATS)
    public void forward() {
        repeated.forward();
    }

    @Benchmark
    public void backward() {
        differentiated.backward();
    }

    @Benchmark
    public float[] plainForward() {
        PlainJava.attention(model.sequences(), model.length(), shape.heads(), shape.headSize(), qkv, out);
        return out;
    }
}
