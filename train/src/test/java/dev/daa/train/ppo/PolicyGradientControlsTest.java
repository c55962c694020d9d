package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameters;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Configs;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.Work;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What limits, delays and places the updates of a step. One prompt, one token, two arms of which the second pays 7
/// and the first costs 7.
class PolicyGradientControlsTest {
    private static final int BATCH = 16;

    private final TreeSet<Long> demonstrations = new TreeSet<>();
    private final List<Long> asked = new ArrayList<>();

    private interface Use {
        void of(Model policy, PolicyGradientLearner learner);
    }

    private void with(String settings, Use use) {
        TransformerConfig config = TransformerConfig.gpt2(2, 12, 2, 3, 24);
        PolicyGradient method = Configs.read(PolicyGradient.class, "test", settings, List.of());
        ResponseReward reward = (responses, _) -> responses.stream()
                .mapToDouble(response -> response.response()[0] == 1 ? 7 : -7)
                .toArray();
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = model(backend, config, Head.LANGUAGE, "policy", 5);
            PolicyGradientCast cast = new PolicyGradientCast(
                    policy,
                    model(backend, config, Head.LANGUAGE, "reference", 6),
                    method.usesValues() ? model(backend, config, Head.SCALAR, "value", 7) : null,
                    reward);
            try (PolicyGradientLearner learner = new PolicyGradientLearner(
                    backend,
                    cast,
                    method.shape(1, 1, StopTokens.NONE),
                    position -> {
                        asked.add(position);
                        return new int[] {0};
                    },
                    method.usesDemonstrations()
                            ? new PolicyGradientLearner.Demonstrations(
                                    position -> {
                                        demonstrations.add(position);
                                        return new Sequence(new int[] {0}, new int[] {1});
                                    },
                                    2)
                            : null,
                    method,
                    new Batching(BATCH, BATCH, Optimizer.adamW(0, 1)),
                    new Seeds(3),
                    () -> false)) {
                use.of(policy, learner);
            }
        }
    }

    private static Model model(Backend backend, TransformerConfig config, Head head, String name, long seed) {
        return Model.initialize(backend, new TransformerParameters(config, head, name), new SplittableRandom(seed));
    }

    private static double value(Metrics metrics, String name) {
        return metrics.value(name).orElseThrow();
    }

    /// A value network learns alone in its own first steps, whatever number the run's steps have by then.
    @ParameterizedTest
    @CsvSource({"1", "10"})
    void valueWarmupIsOfTheValueNetworksOwnSteps(int first) {
        with("{algorithm: ppo, passes: 2, mini_batches: 2, value_warmup: 2}", (policy, learner) -> {
            float[] start = policy.flatWeights();
            for (int step = first; step < first + 2; step++) {
                Metrics metrics = learner.step(step, 1e-3f);
                assertThat(policy.flatWeights()).isEqualTo(start);
                assertThat(metrics.value("policy/approxkl_avg")).isEmpty();
                assertThat(value(metrics, "loss")).isEqualTo(value(metrics, "loss/value_avg"));
            }
            Metrics metrics = learner.step(first + 2, 1e-3f);
            assertThat(policy.flatWeights()).isNotEqualTo(start);
            assertThat(metrics.value("policy/approxkl_avg")).isPresent();
        });
    }

    /// All steps compute as much here, policy and value network.
    @Test
    void theWorkIsThatOfTheLastStep() {
        with("{algorithm: ppo, passes: 2}", (_, learner) -> {
            learner.step(1, 1e-3f);
            Work first = learner.workOfLastStep();
            assertThat(first.rows()).isPositive();
            assertThat(first.operations()).isPositive();
            learner.step(2, 1e-3f);
            assertThat(learner.workOfLastStep()).isEqualTo(first);
        });
    }

    /// The reference is the policy of the step before where it takes all of it: the KL to it, and the penalty, are
    /// 0. Taking a third, it is a moving average of the policy.
    @Test
    void theReferenceFollowsThePolicy() {
        String settings = "{algorithm: reinforce, samples: 4, kl_coefficient: 0.3, reference_mix: %s}";
        with(settings.formatted(1), (_, learner) -> {
            assertThat(Math.abs(value(learner.step(1, 1e-2f), "objective/kl"))).isGreaterThan(1e-4);
            for (int step = 2; step <= 4; step++) {
                assertThat(value(learner.step(step, 1e-2f), "objective/kl")).isCloseTo(0, within(1e-6));
            }
        });
        with(settings.formatted(1 / 3.0), (policy, learner) -> {
            Parameters reference =
                    Objects.requireNonNull(learner.optimizerState().get("reference"));
            float[] expected = reference.copy(0);
            for (int step = 1; step <= 4; step++) {
                learner.step(step, 1e-2f);
                float[] weights = policy.flatWeights();
                for (int i = 0; i < expected.length; i++) {
                    expected[i] += (weights[i] - expected[i]) / 3;
                }
                assertThat(reference.copy(0)).containsExactly(expected, within(1e-6f));
            }
        });
        with(
                "{algorithm: reinforce, samples: 4}",
                (_, learner) -> assertThat(learner.optimizerState()).doesNotContainKey("reference"));
    }

    /// Update u of a step that has n of them sees the demonstrations from `((s − 1)·n + u)·responses` on, also
    /// after a warm-up, and in a learner that begins later.
    @Test
    void demonstrationsGoOnFromUpdateToUpdate() {
        String settings = "{algorithm: ppo, passes: 2, mini_batches: 2, value_warmup: %d, ptx_coefficient: 0.1}";
        with(settings.formatted(0), (_, learner) -> {
            learner.step(1, 1e-3f);
            assertThat(demonstrations).containsExactlyElementsOf(positions(0, 32));
            learner.step(2, 1e-3f);
            assertThat(demonstrations).containsExactlyElementsOf(positions(0, 64));
        });
        demonstrations.clear();
        with(settings.formatted(1), (_, learner) -> {
            learner.step(5, 1e-3f);
            assertThat(demonstrations).isEmpty();
            assertThat(learner.step(6, 1e-3f).value("objective/ptx_loss")).isPresent();
            assertThat(demonstrations).containsExactlyElementsOf(positions(5 * 32, 6 * 32));
        });
    }

    private static List<Long> positions(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    /// The passes end after the first whose approximate KL exceeds 1.5 times the target.
    @ParameterizedTest
    @CsvSource({"1.4, 3", "1.6, 2"})
    void passesEndAtOneAndAHalfTimesTheTarget(double factor, int passes) {
        String settings = "{algorithm: rloo, samples: 4, passes: %d, clip_range: 10, target_approx_kl: %s}";
        double[] second = new double[1];
        with(settings.formatted(2, 0), (_, learner) -> {
            Metrics metrics = learner.step(1, 1e-2f);
            second[0] = 2 * value(metrics, "policy/approxkl_avg"); // the first pass has none
            assertThat(second[0]).isGreaterThan(1e-6);
        });
        with(
                settings.formatted(3, second[0] / factor),
                (_, learner) -> assertThat(value(learner.step(1, 1e-2f), "policy/passes"))
                        .isEqualTo(passes));
    }

    /// Scores are clipped on both sides, and none where the clip is 0.
    @ParameterizedTest
    @CsvSource({"3, 3", "0, 7"})
    void scoresAreClippedOnBothSides(double clip, double paid) {
        double[] share = new double[1];
        with("{algorithm: reinforce, missing_eos_score: null, score_clip: 100}", (_, learner) -> {
            share[0] = value(learner.step(1, 1e-3f), "objective/scores") / 7;
            assertThat(share[0]).isStrictlyBetween(-1.0, 1.0);
        });
        with(
                "{algorithm: reinforce, missing_eos_score: null, score_clip: %s}".formatted(clip),
                (_, learner) -> assertThat(value(learner.step(1, 1e-3f), "objective/scores"))
                        .isCloseTo(share[0] * paid, within(1e-12)));
    }

    /// What is optimised is the score less the penalty.
    @Test
    void thePenaltyIsTakenFromTheScore() {
        with("{algorithm: reinforce, missing_eos_score: null, kl_coefficient: 0.5}", (_, learner) -> {
            Metrics metrics = learner.step(1, 1e-3f);
            double kl = value(metrics, "objective/kl");
            assertThat(Math.abs(kl)).isGreaterThan(1e-3);
            assertThat(value(metrics, "objective/non_score_reward")).isCloseTo(-0.5 * kl, within(1e-12));
            assertThat(value(metrics, "objective/rlhf_reward"))
                    .isCloseTo(value(metrics, "objective/scores") - 0.5 * kl, within(1e-12));
        });
    }

    /// Another learner goes on with the penalty that this one has come to.
    @Test
    void thePenaltyGoesOnInAnotherLearner() {
        String settings = "{algorithm: reinforce, missing_eos_score: null, kl_coefficient: 0.5, kl_target: 100,"
                + " kl_horizon: 16}";
        double[][] former = new double[1][];
        with(settings, (_, learner) -> {
            learner.step(1, 1e-3f);
            former[0] = learner.objectiveState();
        });
        with(settings, (_, learner) -> {
            learner.goOnFrom(former[0]);
            assertThat(value(learner.step(2, 1e-3f), "objective/kl_coefficient"))
                    .isCloseTo(0.5 * 0.8, within(1e-12));
            assertThat(learner.objectiveState()[0]).as("updates").isEqualTo(1);
        });
    }

    /// All responses miss their end and score the same: with DAPO no prompt is left to learn from.
    @Test
    void promptsWithoutSpreadAreLeftOut() {
        String settings =
                "{algorithm: dapo, samples: 4, passes: 2, mini_batches: 2, kl_coefficient: 1," + " refill_rounds: 2}";
        with(settings, (policy, learner) -> {
            float[] before = policy.flatWeights();
            Metrics metrics = learner.step(1, 1e-2f);
            assertThat(value(metrics, "rollout/responses")).isEqualTo(3 * BATCH);
            assertThat(value(metrics, "rollout/learned")).isZero();
            assertThat(asked).containsExactlyElementsOf(positions(0, 3 * BATCH / 4));
            assertThat(policy.flatWeights()).isEqualTo(before);
            assertThat(metrics.value("loss").orElseThrow()).isZero();
            assertThat(metrics.value("grad_norm").orElseThrow()).isZero();
            assertThat(metrics.value("policy/entropy_avg")).isEmpty();
        });
        with("{algorithm: dapo, samples: 4, drop_equal: false, kl_coefficient: 1}", (policy, learner) -> {
            assertThat(learner.step(1, 1e-2f).value("grad_norm").orElseThrow()).isPositive();
        });
    }

    /// As many prompts are sampled again as are missing, and the next step, in another learner too, goes on behind
    /// them.
    @Test
    void promptsWithoutSpreadAreReplaced() {
        String settings = "{algorithm: grpo, samples: 2, missing_eos_score: null, drop_equal: true, refill_rounds: %d}";
        int prompts = BATCH / 2;
        double[][] former = new double[1][];
        with(settings.formatted(30), (_, learner) -> {
            Metrics metrics = learner.step(1, 1e-2f);
            assertThat(asked).hasSizeGreaterThan(prompts).containsExactlyElementsOf(positions(0, asked.size()));
            assertThat(value(metrics, "rollout/responses")).isEqualTo(2.0 * asked.size());
            assertThat(value(metrics, "rollout/learned")).isEqualTo((double) prompts / asked.size());
            former[0] = learner.objectiveState();
        });
        int first = asked.size();
        asked.clear();
        with(settings.formatted(30), (_, learner) -> {
            learner.goOnFrom(former[0]);
            learner.step(2, 1e-2f);
            assertThat(asked).containsExactlyElementsOf(positions(first, first + asked.size()));
        });
        asked.clear();
        with(settings.formatted(0), (_, learner) -> {
            learner.step(2, 1e-2f);
            assertThat(asked).containsExactlyElementsOf(positions(prompts, 2L * prompts));
            assertThat(learner.objectiveState())
                    .as("as saved before there were any")
                    .hasSize(3);
        });
    }

    /// ReMax: a response as good as the greedy one teaches nothing; at a temperature near 0 all are.
    @ParameterizedTest
    @CsvSource({"1e-6, true", "1, false"})
    void theGreedyResponseIsTheBaseline(double temperature, boolean nothing) {
        with(
                "{algorithm: remax, missing_eos_score: null, kl_coefficient: 0, temperature: %s}"
                        .formatted(temperature),
                (_, learner) -> assertThat(value(learner.step(1, 1e-2f), "grad_norm") == 0)
                        .isEqualTo(nothing));
    }
}
