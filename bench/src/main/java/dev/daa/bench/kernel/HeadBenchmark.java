package dev.daa.bench.kernel;

import dev.daa.compute.Graph;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import dev.daa.eval.speed.BenchmarkModel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/// The fused head of a training step: logits, log-sum-exp, gather and entropy block by block, and its derivatives. The
/// plain loop is the product for the logits alone.
public class HeadBenchmark extends KernelBenchmark {
    /// Where the graph runs; plain Java is for comparison and takes no notice.
    @Param("cpu")
    public String backend = "cpu";

    @Param({"S", "M"})
    public BenchmarkModel model = BenchmarkModel.S;

    private Recorded head;
    private float[] hidden;
    private float[] weight;
    private float[] logits;

    @Setup
    public void prepare() {
        int vocabulary = model.config().vocabulary();
        int width = model.config().width();
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter table = layout.add("embedding.weight", vocabulary, width);
        Parameter headWeight = layout.add("head.weight", vocabulary, width);
        Graph graph = new Graph().with(layout);
        Tensor logProb = graph.tokenLogProb("logProb", graph.embedding("input", table, null), headWeight)
                .logProb();
        head = Recorded.differentiated(
                backend, graph.differentiate(layout, logProb), layout, Dimensions.batch(model, vocabulary), logProb);
        hidden = Dimensions.random(Dimensions.rows(model) * width);
        weight = Dimensions.random(vocabulary * width);
        logits = new float[Dimensions.rows(model) * vocabulary];
    }

    @TearDown
    public void close() {
        head.close();
    }

    @Benchmark
    public void forward() {
        head.forward();
    }

    @Benchmark
    public void backward() {
        head.backward();
    }

    @Benchmark
    public float[] plainLogits() {
        int rows = Dimensions.rows(model);
        PlainJava.product(rows, model.config().vocabulary(), model.config().width(), hidden, weight, logits);
        return logits;
    }
}
