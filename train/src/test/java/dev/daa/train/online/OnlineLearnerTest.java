package dev.daa.train.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
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
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnlineLearnerTest {
    private static Online online(String objective, int samples, Online.Pairing pairing, double labels, int refresh) {
        return online(objective, samples, pairing, labels, refresh, false, Online.Second.SAME, 0);
    }

    private static Online online(
            String objective,
            int samples,
            Online.Pairing pairing,
            double labels,
            int refresh,
            boolean restart,
            Online.Second second,
            double secondTemperature) {
        return new Online(
                objective,
                0.5,
                Map.of(),
                samples,
                pairing,
                labels,
                0,
                refresh,
                restart,
                second,
                secondTemperature,
                null,
                1);
    }

    /// Online DPO on two samples with labels ~ σ(Δr/0.8).
    private static Online dpo(int refresh, boolean restart, Online.Second second, double secondTemperature) {
        return online("dpo", 2, Online.Pairing.FIRST_TWO, 0.8, refresh, restart, second, secondTemperature);
    }

    @Test
    void pairsAreMadeOfThePromptsOwnSamples() {
        double[] score = {9, 9, 1, 3, 3, 1, 9};
        SplittableRandom random = new SplittableRandom(1);
        Online bestWorst = online("dpo", 4, Online.Pairing.BEST_WORST, 0, 1);
        assertThat(Pairs.choose(Arrays.copyOfRange(score, 2, 6), bestWorst, random))
                .containsExactly(1, 3);
        Online firstTwo = online("dpo", 2, Online.Pairing.FIRST_TWO, 0, 1);
        assertThat(Pairs.choose(Arrays.copyOfRange(score, 2, 4), firstTwo, random))
                .containsExactly(1, 0);
        assertThat(Pairs.choose(Arrays.copyOfRange(score, 4, 6), firstTwo, random))
                .containsExactly(0, 1);
    }

    /// σ(2/0.8) = 0.924; the standard error of the share is 0.002.
    @Test
    void drawnLabelsFollowBradleyAndTerry() {
        Online drawn = online("dpo", 2, Online.Pairing.FIRST_TWO, 0.8, 1);
        assertThat(shareOfFirst(drawn)).isCloseTo(1 / (1 + Math.exp(-2.5)), within(0.01));
    }

    /// 0.9·0.924 + 0.1·0.076 = 0.839, as the oracle of the preferences labels; where nothing is drawn 0.9.
    @Test
    void labelsAreTurnedOver() {
        Online drawn = online("dpo", 2, Online.Pairing.FIRST_TWO, 0.8, 1);
        Online certain = online("dpo", 2, Online.Pairing.FIRST_TWO, 0, 1);
        double first = 1 / (1 + Math.exp(-2.5));
        assertThat(shareOfFirst(drawn.withLabelNoise(0.8, 0.1)))
                .isCloseTo(0.9 * first + 0.1 * (1 - first), within(0.01));
        assertThat(shareOfFirst(certain.withLabelNoise(0, 0.1))).isCloseTo(0.9, within(0.01));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> drawn.withLabelNoise(0.8, 1.5))
                .withMessage("label_flip is 1.5, expected a share from 0 to 1");
    }

    private static double shareOfFirst(Online settings) {
        SplittableRandom random = new SplittableRandom(3);
        int first = 0;
        for (int i = 0; i < 20_000; i++) {
            first += Pairs.choose(new double[] {3, 1}, settings, random)[0] == 0 ? 1 : 0;
        }
        return first / 20_000.0;
    }

    @Test
    void aSettingPlacesTheRunBetweenOfflineAndOnline() {
        assertThat(online("dpo", 2, Online.Pairing.FIRST_TWO, 0, 0).regime()).isEqualTo(Online.Regime.OFFLINE);
        assertThat(online("dpo", 2, Online.Pairing.FIRST_TWO, 0, 1).regime()).isEqualTo(Online.Regime.ONLINE);
        assertThat(online("dpo", 2, Online.Pairing.FIRST_TWO, 0, 5).regime()).isEqualTo(Online.Regime.ITERATIVE);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> online("dpo", 3, Online.Pairing.FIRST_TWO, 0, 1));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> online("dpo", 3, Online.Pairing.BEST_WORST, 1, 1));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> online("no-such", 2, Online.Pairing.FIRST_TWO, 0, 1));
        assertThat(dpo(1, false, Online.Second.SAME, 0).onPolicy()).isTrue();
        assertThat(dpo(1, false, Online.Second.SAME, 2).onPolicy()).isFalse();
        assertThat(dpo(1, false, Online.Second.FIRST, 0).onPolicy()).isFalse();
        assertThat(dpo(5, true, Online.Second.SAME, 0).onPolicy()).isFalse();
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> dpo(1, true, Online.Second.SAME, 0))
                .withMessage("restart is true with refresh_every 1, expected rounds of at least 2 steps to restart"
                        + " after");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> dpo(0, false, Online.Second.PREVIOUS, 0))
                .withMessage("second is previous with refresh_every 0, expected rounds, refresh_every of at least 1;"
                        + " without them the sampling policy has no older checkpoint");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> online("dpo", 3, Online.Pairing.BEST_WORST, 0, 1, false, Online.Second.FIRST, 0))
                .withMessage("samples is 3, expected an even number: half of them are the second sampler's");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{exploration: 0.1} | exploration is 0.1 with second same and samples 2, expected first and 2",
                "{exploration: 0.1, second: first, samples: 4, pairing: best-worst} | with second first and samples 4",
                "{exploration: 0, second: first} | exploration is 0.0, expected a finite number above 0",
                "{exploration: 0.1, second: first, objective: kto} | with objective kto, expected one of pairs"
            })
    void explorationTakesAPairOfBothPolicies(String settings, String message) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Configs.read(Online.class, "test", settings, List.of()))
                .withMessageContaining(message);
    }

    /// Studies skip finished cells by their configs: those of before must say the same, key by key.
    @Test
    void aConfigWithoutExplorationStaysAsItWas() {
        assertThat(Configs.toYaml(dpo(1, false, Online.Second.FIRST, 0))).isEqualTo("""
            objective: dpo
            beta: 0.5
            parameters: {}
            samples: 2
            pairing: first-two
            label_temperature: 0.8
            label_flip: 0.0
            refresh_every: 1
            restart: false
            second: first
            second_temperature: 0.0
            temperature: 1.0
            """);
    }

    /// Two arms as below. With z the log-odds over the first policy's, p and p₀ the probabilities of the better arm
    /// and w that of a pair of both, the loss has the derivative `wβ(σ(βz) − σ(Δr/τ)) + α(p₀ − p)`: XPO goes on
    /// where DPO stops, away from what the first policy says.
    @ParameterizedTest
    @ValueSource(doubles = {0.03, 0.06})
    void explorationGoesFartherFromTheFirstPolicy(double alpha) {
        Online settings = Configs.read(
                Online.class,
                "test",
                "{beta: 0.5, second: first, label_temperature: 0.8, exploration: %s}".formatted(alpha),
                List.of());
        try (Backend backend = Backend.open("cpu", 1);
                Trained trained = trained(backend, PAY, settings, 512)) {
            double start = trained.probability(backend, "policy");
            double low = 1;
            double high = 10;
            for (int k = 0; k < 60; k++) {
                double z = (low + high) / 2;
                double p = sigmoid(Math.log(start / (1 - start)) + z);
                double derivative = (p * (1 - start) + (1 - p) * start) * 0.5 * (sigmoid(0.5 * z) - sigmoid(0.5))
                        + alpha * (start - p);
                low = derivative < 0 ? z : low;
                high = derivative < 0 ? high : z;
            }
            double optimum = sigmoid(Math.log(start / (1 - start)) + low);
            int steps = 120;
            for (int step = 1; step <= steps; step++) {
                trained.learner().step(step, 3e-3f * (steps - step + 1) / steps);
            }
            assertThat(trained.probability(backend, "policy")).isCloseTo(optimum, within(0.03));
            assertThat(optimum - sigmoid(Math.log(start / (1 - start)) + 1)).isGreaterThan(0.04);
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static Model model(Backend backend, String name) {
        TransformerConfig config = TransformerConfig.gpt2(2, 12, 2, 3, 4);
        return Model.initialize(
                backend, new TransformerParameters(config, Head.LANGUAGE, name), new SplittableRandom(8));
    }

    /// A learner and the models that it made of the first one, by name.
    private record Trained(OnlineLearner learner, Map<String, Model> models) implements AutoCloseable {
        double probability(Backend backend, String name) {
            return OnlineLearnerTest.probability(backend, Objects.requireNonNull(models.get(name)));
        }

        @Override
        public void close() {
            learner.close();
        }
    }

    private static Trained trained(Backend backend, ResponseReward reward, Online settings, int pairs) {
        Map<String, Model> models = new HashMap<>();
        return new Trained(
                new OnlineLearner(
                        backend,
                        new OnlineLearner.Cast(
                                name -> {
                                    models.put(name, model(backend, name));
                                    return Objects.requireNonNull(models.get(name));
                                },
                                model(backend, "reference"),
                                reward),
                        settings.shape(1, 1, StopTokens.NONE),
                        Examples.inOrder(List.of(new int[] {0})),
                        settings,
                        settings.choice(),
                        new Batching(pairs, pairs, Optimizer.adamW(0, 1)),
                        new Seeds(3),
                        () -> false),
                models);
    }

    private static final ResponseReward PAY = (responses, _) -> responses.stream()
            .mapToDouble(response -> 0.4 * response.response()[0])
            .toArray();

    private static List<Online> whoeverSamples() {
        return List.of(
                dpo(0, false, Online.Second.SAME, 0),
                dpo(1, false, Online.Second.SAME, 0),
                dpo(10, false, Online.Second.SAME, 0),
                dpo(60, true, Online.Second.SAME, 0),
                dpo(1, false, Online.Second.SAME, 3),
                dpo(1, false, Online.Second.FIRST, 0),
                dpo(10, false, Online.Second.PREVIOUS, 0.5));
    }

    /// One prompt, one token, two arms with rewards 0 and 0.4, labels ~ σ(Δr/τ): wherever the samples come from,
    /// DPO's optimum is π₀·e^{r/(βτ)}/Z; β ½, τ 0.8.
    @ParameterizedTest
    @MethodSource("whoeverSamples")
    void theTwoArmedOptimumIsReachedWhoeverSamples(Online settings) {
        try (Backend backend = Backend.open("cpu", 1);
                Trained trained = trained(backend, PAY, settings, 512)) {
            double start = trained.probability(backend, "policy");
            double odds = start / (1 - start) * Math.exp(0.4 / (0.5 * 0.8));
            double optimum = odds / (1 + odds);
            int steps = 120;
            for (int step = 1; step <= steps; step++) {
                Metrics metrics = trained.learner().step(step, 3e-3f * (steps - step + 1) / steps);
                if (step == 1) {
                    // Reference log-probabilities are at the temperature of training, whoever sampled.
                    assertThat(metrics.value("objective/kl").orElseThrow()).isCloseTo(0, within(1e-4));
                    assertThat(metrics.value("loss").orElseThrow()).isCloseTo(Math.log(2), within(1e-6));
                }
            }
            assertThat(trained.probability(backend, "policy")).isCloseTo(optimum, within(0.03));
            assertThat(optimum - start).isGreaterThan(0.1);
            boolean moved = Math.abs(trained.probability(backend, "sampling") - start) > 0.05;
            assertThat(moved).isEqualTo(settings.refreshEvery() > 0);
        }
    }

    /// A round that starts from the first policy again: without a step it is that policy, and Adam's first step
    /// moves no weight farther than the learning rate, which the seventh would.
    @Test
    void aRoundCanStartFromTheFirstPolicyAgain() {
        try (Backend backend = Backend.open("cpu", 1);
                Trained trained = trained(backend, PAY, dpo(6, true, Online.Second.SAME, 0), 64)) {
            Model policy = trained.learner().model();
            float[] first = policy.flatWeights();
            for (int step = 1; step <= 6; step++) {
                trained.learner().step(step, 3e-3f);
            }
            double learned = trained.probability(backend, "policy");
            float rate = 1e-3f;
            trained.learner().step(7, rate);
            float[] after = policy.flatWeights();
            double farthest = 0;
            for (int i = 0; i < first.length; i++) {
                farthest = Math.max(farthest, Math.abs(after[i] - first[i]));
            }
            assertThat(farthest).isBetween(0.5 * rate, 1.01 * rate);
            assertThat(trained.probability(backend, "sampling")).isEqualTo(learned);
        }
    }

    @Test
    void thePreviousPolicyIsTheOneThatSampledBefore() {
        try (Backend backend = Backend.open("cpu", 1);
                Trained trained = trained(backend, PAY, dpo(2, false, Online.Second.PREVIOUS, 0), 64)) {
            double start = trained.probability(backend, "policy");
            for (int step = 1; step <= 4; step++) {
                trained.learner().step(step, 3e-3f);
            }
            double sampledInSecondRound = trained.probability(backend, "sampling");
            assertThat(trained.probability(backend, "second sampling")).isEqualTo(start);
            trained.learner().step(5, 3e-3f);
            assertThat(trained.probability(backend, "second sampling")).isEqualTo(sampledInSecondRound);
            assertThat(sampledInSecondRound).isNotEqualTo(start);
        }
    }

    /// RAFT: fine-tuning on the best of n moves the policy to what pays.
    @Test
    void theBestOfNAreLearned() {
        try (Backend backend = Backend.open("cpu", 1);
                Trained trained = trained(backend, PAY, online("sft", 4, Online.Pairing.BEST_WORST, 0, 1), 64)) {
            double start = trained.probability(backend, "policy");
            for (int step = 1; step <= 60; step++) {
                trained.learner().step(step, 3e-3f);
            }
            assertThat(start).isLessThan(0.2);
            assertThat(trained.probability(backend, "policy")).isGreaterThan(0.95);
        }
    }

    private static double probability(Backend backend, Model policy) {
        try (LogProbScorer scorer = new LogProbScorer(backend, policy, 2, 2, 1)) {
            return Math.exp(scorer.score(List.of(new Sequence(new int[] {0}, new int[] {1})))[0][0]);
        }
    }
}
