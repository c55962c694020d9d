package dev.daa.train.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.Examples;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Optimizer;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnlineLearnerTest {
    private static Online online(String objective, int samples, Online.Pairing pairing, double labels, int refresh) {
        return new Online(objective, 0.5, Map.of(), samples, pairing, labels, refresh, 1);
    }

    @Test
    void pairsAreMadeOfThePromptsOwnSamples() {
        double[] score = {9, 9, 1, 3, 3, 1, 9};
        SplittableRandom random = new SplittableRandom(1);
        Online bestWorst = online("dpo", 4, Online.Pairing.BEST_WORST, 0, 1);
        assertThat(Pairs.choose(score, 2, bestWorst, random)).containsExactly(3, 5);
        Online firstTwo = online("dpo", 2, Online.Pairing.FIRST_TWO, 0, 1);
        assertThat(Pairs.choose(score, 2, firstTwo, random)).containsExactly(3, 2);
        assertThat(Pairs.choose(score, 4, firstTwo, random)).containsExactly(4, 5);
    }

    /// σ(2/0.8) = 0.924; the standard error of the share is 0.002.
    @Test
    void drawnLabelsFollowBradleyAndTerry() {
        Online drawn = online("dpo", 2, Online.Pairing.FIRST_TWO, 0.8, 1);
        SplittableRandom random = new SplittableRandom(2);
        int first = 0;
        for (int i = 0; i < 20_000; i++) {
            first += Pairs.choose(new double[] {3, 1}, 0, drawn, random)[0] == 0 ? 1 : 0;
        }
        assertThat(first / 20_000.0).isCloseTo(1 / (1 + Math.exp(-2.5)), within(0.01));
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
    }

    private static Model model(Backend backend, String name) {
        TransformerConfig config = TransformerConfig.gpt2(2, 12, 2, 3, 4);
        return Model.initialize(
                backend, new TransformerParameters(config, Head.LANGUAGE, name), new SplittableRandom(8));
    }

    /// One prompt, one token, two arms with rewards 0 and 0.4, labels ~ σ(Δr/τ): wherever the samples come from,
    /// DPO's optimum is π₀·e^{r/(βτ)}/Z; β ½, τ 0.8.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10})
    void theTwoArmedOptimumIsReachedWhoeverSamples(int refreshEvery) {
        double[] reward = {0, 0.4};
        ResponseReward pay = (responses, _) -> responses.stream()
                .mapToDouble(response -> reward[response.response()[0]])
                .toArray();
        Online settings = online("dpo", 2, Online.Pairing.FIRST_TWO, 0.8, refreshEvery);
        RolloutSampler.Shape shape = new RolloutSampler.Shape(1, Sampling.full(1, 1, -1), 2);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = model(backend, "policy");
            Model sampling = model(backend, "sampling");
            double start = probability(backend, policy);
            double odds = start / (1 - start) * Math.exp(0.4 / (0.5 * 0.8));
            double optimum = odds / (1 + odds);
            int steps = 120;
            try (OnlineLearner learner = new OnlineLearner(
                    backend,
                    policy,
                    sampling,
                    new RolloutSampler(backend, sampling, model(backend, "reference"), pay, shape, 512),
                    shape.longest(),
                    Examples.inOrder(List.of(new int[] {0})),
                    settings,
                    512,
                    512,
                    Optimizer.adamW(0, 1),
                    new Seeds(3),
                    () -> false)) {
                for (int step = 1; step <= steps; step++) {
                    Metrics metrics = learner.step(step, 3e-3f * (steps - step + 1) / steps);
                    if (step == 1) {
                        assertThat(metrics.value("objective/kl").orElseThrow()).isCloseTo(0, within(1e-4));
                        assertThat(metrics.value("loss").orElseThrow()).isCloseTo(Math.log(2), within(1e-6));
                    }
                }
            }
            assertThat(probability(backend, policy)).isCloseTo(optimum, within(0.03));
            assertThat(optimum - start).isGreaterThan(0.1);
            boolean moved = Math.abs(probability(backend, sampling) - start) > 0.05;
            assertThat(moved).isEqualTo(refreshEvery > 0);
        }
    }

    /// RAFT: fine-tuning on the best of n moves the policy to what pays.
    @Test
    void theBestOfNAreLearned() {
        ResponseReward second = (responses, _) -> responses.stream()
                .mapToDouble(response -> response.response()[0])
                .toArray();
        RolloutSampler.Shape shape = new RolloutSampler.Shape(1, Sampling.full(1, 1, -1), 4);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = model(backend, "policy");
            Model sampling = model(backend, "sampling");
            double start = probability(backend, policy);
            try (OnlineLearner learner = new OnlineLearner(
                    backend,
                    policy,
                    sampling,
                    new RolloutSampler(backend, sampling, model(backend, "reference"), second, shape, 64),
                    shape.longest(),
                    Examples.inOrder(List.of(new int[] {0})),
                    online("sft", 4, Online.Pairing.BEST_WORST, 0, 1),
                    64,
                    64,
                    Optimizer.adamW(0, 1),
                    new Seeds(3),
                    () -> false)) {
                for (int step = 1; step <= 60; step++) {
                    learner.step(step, 3e-3f);
                }
            }
            assertThat(start).isLessThan(0.2);
            assertThat(probability(backend, policy)).isGreaterThan(0.95);
        }
    }

    private static double probability(Backend backend, Model policy) {
        try (LogProbScorer scorer = new LogProbScorer(backend, policy, 2, 2, 1)) {
            return Math.exp(scorer.score(List.of(new Sequence(new int[] {0}, new int[] {1})))[0][0]);
        }
    }
}
