package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Configs;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardShaping;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Scores that responses of the reference shape, in training. One prompt, one token, two arms of which the second pays
/// 2 and the first nothing.
class ShapedScoresTest {
    private static final double PAY = 2;

    /// Scores that the reward was asked for, call by call: a batch's responses, those of the reference to its
    /// prompts, the greedy ones.
    private final List<double[]> asked = new ArrayList<>();

    private interface Use {
        void of(Backend backend, Model policy, PolicyGradientLearner learner);
    }

    private static PolicyGradient settings(String settings) {
        return Configs.read(PolicyGradient.class, "test", settings, List.of());
    }

    private void with(PolicyGradient settings, int batch, Use use) {
        ResponseReward reward = (responses, _) -> {
            double[] score = responses.stream()
                    .mapToDouble(response -> PAY * response.response()[0])
                    .toArray();
            asked.add(score.clone());
            return score;
        };
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = model(backend, "policy");
            try (PolicyGradientLearner learner = new PolicyGradientLearner(
                    backend,
                    new PolicyGradientCast(policy, model(backend, "reference"), null, reward),
                    settings.shape(1, 1, StopTokens.NONE),
                    Examples.inOrder(List.of(new int[] {0})),
                    null,
                    settings,
                    new Batching(batch, batch, Optimizer.adamW(0, 1)),
                    new Seeds(3),
                    () -> false)) {
                use.of(backend, policy, learner);
            }
        }
    }

    private static Model model(Backend backend, String name) {
        TransformerConfig config = TransformerConfig.gpt2(2, 12, 2, 3, 24);
        return Model.initialize(
                backend, new TransformerParameters(config, Head.LANGUAGE, name), new SplittableRandom(8));
    }

    private static double[] logProbs(Backend backend, Model policy) {
        try (LogProbScorer scorer = new LogProbScorer(backend, policy, 2, 2, 1)) {
            float[][] logProb = scorer.score(
                    List.of(new Sequence(new int[] {0}, new int[] {0}), new Sequence(new int[] {0}, new int[] {1})));
            return new double[] {logProb[0][0], logProb[1][0]};
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /// What the second arm earns more than the first, in expectation over the reference's responses, of which a
    /// share p takes the second.
    private static double gap(String transform, double p) {
        return switch (transform) {
            case "par" -> (1 - p) * (sigmoid(PAY) - sigmoid(0)) + p * (sigmoid(0) - sigmoid(-PAY));
            // One response of the reference is every quantile.
            case "lsc" -> (1 - p) * Math.log(sigmoid(PAY) / sigmoid(0)) + p * Math.log(sigmoid(0) / sigmoid(-PAY));
            // F is 1 for the second arm, and (1 + k)/3 for the first where k of 2 responses take it.
            case "log-cdf" -> -(p * p * Math.log(1 / 3.0) + 2 * p * (1 - p) * Math.log(2 / 3.0));
            default ->
                Math.exp(1)
                        - (p * p * Math.exp(1 / 3.0)
                                + 2 * p * (1 - p) * Math.exp(2 / 3.0)
                                + (1 - p) * (1 - p) * Math.exp(1));
        };
    }

    /// The optimum of `E[r̃] − β·KL(π‖π₀)` is π₀·e^{r̃/β}/Z.
    @ParameterizedTest
    @CsvSource({"par,7,0.3", "lsc,1,0.6", "log-cdf,2,0.2", "exp-cdf,2,0.3"})
    void theOptimumIsThatOfTheShapedScore(String transform, int references, double beta) {
        PolicyGradient settings = settings(
                "{algorithm: rloo, samples: 4, kl_coefficient: %s, missing_eos_score: null, shaping: {transform: %s,"
                                .formatted(beta, transform)
                        + " reference_samples: %d, tilt: 1}}".formatted(references));
        with(settings, 512, (backend, policy, learner) -> {
            double start = Math.exp(logProbs(backend, policy)[1]);
            double odds = start / (1 - start) * Math.exp(gap(transform, start) / beta);
            int steps = 150;
            for (int step = 1; step <= steps; step++) {
                learner.step(step, 3e-3f * (steps - step + 1) / steps);
            }
            double optimum = odds / (1 + odds);
            assertThat(Math.exp(logProbs(backend, policy)[1])).isCloseTo(optimum, within(0.02));
            double unshaped = start / (1 - start) * Math.exp(PAY / beta);
            assertThat(optimum).isBetween(start + 0.1, unshaped / (1 + unshaped) - 0.06);
        });
    }

    /// ReMax: the greedy response is shaped by the same responses of the reference; the loss is that of
    /// `−(r̃ − r̃_greedy)·log π`.
    @Test
    void theGreedyResponseIsShapedAlike() {
        PolicyGradient settings = settings("{algorithm: remax, samples: 2, kl_coefficient: 0, missing_eos_score: null,"
                + " shaping: {transform: par, reference_samples: 3}}");
        with(settings, 8, (backend, policy, learner) -> {
            double[] logProb = logProbs(backend, policy);
            Metrics metrics = learner.step(1, 1e-3f);
            assertThat(asked.stream().map(scores -> scores.length)).containsExactly(8, 12, 4);
            double[] shaped = shaped(settings, asked.get(0), asked.get(1));
            double[] greedy = shaped(settings, asked.get(2), asked.get(1));
            double loss = 0;
            for (int i = 0; i < 8; i++) {
                loss -= (shaped[i] - greedy[i / 2]) * logProb[asked.get(0)[i] > 0 ? 1 : 0] / 8;
            }
            assertThat(metrics.value("loss").orElseThrow())
                    .isCloseTo(loss, within(1e-6))
                    .isNotZero();
            assertThat(metrics.value("objective/scores").orElseThrow())
                    .isCloseTo(Arrays.stream(shaped).average().orElseThrow(), within(1e-12));
        });
    }

    /// Prompts that are sampled in place of others have responses of the reference of their own; what a long
    /// response costs is not shaped.
    @Test
    void furtherPromptsAreShapedToo() {
        PolicyGradient settings = settings("{algorithm: dapo, samples: 2, refill_rounds: 2, missing_eos_score: null,"
                + " shaping: {transform: exp-cdf, tilt: 1, reference_samples: 3}}");
        with(settings, 16, (_, _, learner) -> {
            Metrics metrics = learner.step(1, 1e-3f);
            assertThat(asked.size()).isGreaterThanOrEqualTo(4).isEven();
            double scores = 0;
            double unshaped = 0;
            int count = 0;
            for (int i = 0; i < asked.size(); i += 2) {
                scores += Arrays.stream(shaped(settings, asked.get(i), asked.get(i + 1)))
                        .map(score -> score - 1)
                        .sum();
                unshaped += Arrays.stream(asked.get(i)).sum();
                count += asked.get(i).length;
            }
            assertThat(metrics.value("rollout/responses").orElseThrow()).isEqualTo(count);
            assertThat(metrics.value("objective/scores").orElseThrow()).isCloseTo(scores / count, within(1e-12));
            assertThat(metrics.value("objective/unshaped_scores").orElseThrow())
                    .isCloseTo(unshaped / count, within(1e-12));
        });
    }

    private static double[] shaped(PolicyGradient settings, double[] scores, double[] references) {
        RewardShaping shaping = Objects.requireNonNull(settings.shaping());
        int prompts = references.length / shaping.referenceSamples();
        int each = scores.length / prompts;
        double[] shaped = new double[scores.length];
        for (int i = 0; i < shaped.length; i++) {
            int first = i / each * shaping.referenceSamples();
            shaped[i] = shaping.shaped(
                    scores[i], Arrays.copyOfRange(references, first, first + shaping.referenceSamples()));
        }
        return shaped;
    }
}
