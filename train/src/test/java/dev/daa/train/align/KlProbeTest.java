package dev.daa.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.DivergenceScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.run.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Which prompts are asked, and what the standard error says where prompts are repeated.
class KlProbeTest {
    private static final int TOKENS = 6;
    private static final int[] A = {1, 2};
    private static final int[] B = {3};
    private static final int[] C = {4, 5};

    private final Backend backend = Backend.open("cpu", 1);
    private final Model policy = model("policy", 1);
    private final Model reference = model("reference", 2);

    private Model model(String name, long seed) {
        return Model.initialize(
                backend,
                new TransformerParameters(TransformerConfig.gpt2(9, 12, 2, 3, 24), Head.LANGUAGE, name),
                new SplittableRandom(seed));
    }

    private Metrics measured(int count, int[]... prompts) {
        List<PreferencePair> pairs = Arrays.stream(prompts)
                .map(prompt -> new PreferencePair(prompt, new int[] {6}, new int[] {7}))
                .toList();
        try (KlProbe probe = KlProbe.of(backend, policy, reference, pairs, count, TOKENS, StopTokens.NONE, 3)) {
            return probe.measure(Metrics.at(1), () -> false);
        }
    }

    private static double value(Metrics metrics, String name) {
        return metrics.value(name).orElseThrow();
    }

    private double[] kl(int[]... prompts) {
        try (Generator generator = new Generator(backend, policy, prompts.length, 2, TOKENS);
                DivergenceScorer scorer = new DivergenceScorer(backend, policy, reference, 2 + TOKENS, 64, 1)) {
            List<Sequence> answers = new ArrayList<>();
            Arrays.stream(generator.generate(
                            List.of(prompts), 1, Sampling.full(1, TOKENS, StopTokens.NONE), 3, () -> false))
                    .forEach(answer -> answers.add(new Sequence(prompts[answers.size()], answer[0].tokens())));
            return Arrays.stream(scorer.score(answers))
                    .mapToDouble(scores -> DivergenceScorer.Scores.total(scores.kl()))
                    .toArray();
        }
    }

    @Test
    void promptsThatDifferComeFirst() {
        double[] kl = kl(A, B, C);
        Metrics metrics = measured(3, A, A, A, B, A, C, B);
        assertThat(value(metrics, "kl/exact")).isCloseTo((kl[0] + kl[1] + kl[2]) / 3, within(1e-9));
        double mean = (kl[0] + kl[1] + kl[2]) / 3;
        double squares = Math.pow(kl[0] - mean, 2) + Math.pow(kl[1] - mean, 2) + Math.pow(kl[2] - mean, 2);
        assertThat(value(metrics, "kl/exact_se")).isCloseTo(Math.sqrt(squares / 2 / 3), within(1e-9));
    }

    /// Two answers to each of two prompts are two independent numbers: SE = |mean of A − mean of B| / 2.
    @Test
    void answersToOnePromptCountTogether() {
        double[] kl = kl(A, B, A, B);
        Metrics metrics = measured(4, A, A, B, B);
        assertThat(value(metrics, "kl/exact"))
                .isCloseTo(Arrays.stream(kl).average().orElseThrow(), within(1e-9));
        assertThat(value(metrics, "kl/exact_se")).isCloseTo(Math.abs(kl[0] + kl[2] - kl[1] - kl[3]) / 4, within(1e-9));
        assertThat(value(measured(3, A, A, A), "kl/exact_se")).isNaN();
    }
}
