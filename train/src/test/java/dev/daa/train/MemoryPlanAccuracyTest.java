package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.daa.compute.Backend;
import dev.daa.compute.MemoryPlan;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.Examples;
import dev.daa.train.run.Optimizer;
import dev.daa.train.sft.SftLearner;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the memory plan says is what a learner or a generator takes, measured as what lives in the heap before and
/// after.
final class MemoryPlanAccuracyTest {
    private static final int ROWS = 256;
    private static final int MICRO_BATCH = 8;

    /// Bytes of all live float arrays, as the JVM's class histogram counts them. The heap's own figure would add
    /// what the collector leaves empty behind large arrays.
    private static long used() {
        try {
            String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
            String floats = histogram
                    .lines()
                    .filter(line -> line.contains(" [F "))
                    .findFirst()
                    .orElseThrow();
            return Long.parseLong(floats.strip().split("\\s+")[2]);
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"false,4096,0", "true,60000,0", "false,40000,0", "false,4096,8", "true,4096,32"})
    void isRightWithinFivePercent(boolean recompute, int vocabulary, int rank) {
        TransformerParameters whole =
                new TransformerParameters(TransformerConfig.gpt2(vocabulary, 256, 6, 4, ROWS), Head.LANGUAGE, "policy");
        Optimizer optimizer = new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-8, 0, 1, recompute);
        Lora lora = new Lora(Math.max(1, rank), 8, List.of(Lora.ALL_LINEAR), false);
        TransformerParameters parameters = rank == 0 ? whole : whole.adapted(lora, "base");
        int[] response = new int[ROWS];
        Arrays.setAll(response, i -> i % 97);
        Examples<Sequence> examples = Examples.inOrder(List.of(new Sequence(new int[0], response)));
        try (Backend backend = Backend.open("cpu", 2)) {
            MemoryPlan plan = SftLearner.plan(backend, parameters, MICRO_BATCH, MICRO_BATCH * ROWS, optimizer);
            long before = used();
            Model drawn = Model.initialize(backend, whole, new SplittableRandom(1));
            Model model = rank == 0 ? drawn : drawn.adapted(backend, lora, "base", new SplittableRandom(2));
            try (SftLearner learner =
                    new SftLearner(backend, model, examples, MICRO_BATCH, MICRO_BATCH, MICRO_BATCH * ROWS, optimizer)) {
                assertThat(learner.step(1, 1e-3f).value("loss").orElseThrow()).isPositive();
                assertThat((double) used() - before)
                        .as("recompute %b, plan %s", recompute, plan)
                        .isCloseTo(plan.totalBytes(), withinPercentage(5.0));
            }
        }
    }

    /// With weights packed for decoding beside the model's own, and the cache.
    @Test
    void aGeneratorsPlanIsRightToo() {
        TransformerParameters parameters =
                new TransformerParameters(TransformerConfig.gpt2(4096, 256, 6, 4, ROWS), Head.LANGUAGE, "policy");
        List<int[]> prompts = Collections.nCopies(8, new int[60]);
        try (Backend backend = Backend.open("cpu", 2)) {
            MemoryPlan plan = Generator.plan(backend, parameters, 16, 60, 100);
            long before = used();
            Model model = Model.initialize(backend, parameters, new SplittableRandom(1));
            try (Generator generator = new Generator(backend, model, 16, 60, 100)) {
                assertThat(generator.generate(prompts, 2, Sampling.full(1, 5, -1), 1))
                        .hasDimensions(8, 2);
                assertThat((double) used() - before)
                        .as("plan %s", plan)
                        .isCloseTo(plan.totalBytes(), withinPercentage(5.0));
            }
        }
    }
}
