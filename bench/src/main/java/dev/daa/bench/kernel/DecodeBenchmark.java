package dev.daa.bench.kernel;

import dev.daa.compute.Backend;
import dev.daa.eval.speed.BenchmarkModel;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/// One new token for each of 64 running responses, averaged over 64 tokens after prompts of 16, whose computation is in
/// the figure.
public class DecodeBenchmark extends KernelBenchmark {
    private static final int RESPONSES = 64;
    private static final int PROMPT_TOKENS = 16;
    private static final int NEW_TOKENS = 64;

    /// Where the graph runs; plain Java is for comparison and takes no notice.
    @Param("cpu")
    public String backend = "cpu";

    @Param({"S", "M"})
    public BenchmarkModel model = BenchmarkModel.S;

    private Backend opened;
    private Generator generator;
    private List<int[]> prompts;

    @Setup
    public void prepare() {
        SplittableRandom random = new SplittableRandom(1);
        TransformerConfig config = model.config();
        opened = Backend.open(backend, Runtime.getRuntime().availableProcessors());
        Model policy = Model.initialize(opened, new TransformerParameters(config, Head.LANGUAGE, "policy"), random);
        generator = new Generator(opened, policy, RESPONSES, PROMPT_TOKENS, NEW_TOKENS);
        prompts = IntStream.range(0, RESPONSES)
                .mapToObj(prompt ->
                        random.ints(PROMPT_TOKENS, 0, config.vocabulary()).toArray())
                .toList();
    }

    @TearDown
    public void close() {
        generator.close();
        opened.close();
    }

    @Benchmark
    @OperationsPerInvocation(NEW_TOKENS)
    public Response[][] token() {
        return generator.generate(prompts, 1, Sampling.full(1, NEW_TOKENS, StopTokens.NONE), 1);
    }
}
