package dev.daa.bench.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import dev.daa.eval.speed.BenchmarkModel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// GELU in its tanh form on the inner rows of a training step: eight in a chain that begins with an embedding, whose
/// time is in the figures by an eighth.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:Tier3DelayOn=1000000",
            "-XX:ObjectAlignmentInBytes=64"
        })
public class GeluBenchmark {
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
