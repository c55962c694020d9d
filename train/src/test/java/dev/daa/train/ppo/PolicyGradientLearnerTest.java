package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.generate.Sampling;
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
import dev.daa.train.loop.NonFiniteException;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.StepTime;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.model.Optimizer;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Checkpoint;
import dev.daa.train.run.Checkpoints;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyGradientLearnerTest {
    private static final int STOP = 0;
    private static final List<int[]> PROMPTS = List.of(new int[] {1}, new int[] {2, 3, 4}, new int[] {5, 6});
    private static final ResponseReward LENGTH = (responses, _) -> responses.stream()
            .mapToDouble(response -> response.response().length)
            .toArray();

    /// One token after one: the second arm three times of four.
    private static final PolicyGradientLearner.Demonstrations DEMONSTRATIONS = new PolicyGradientLearner.Demonstrations(
            position -> new Sequence(new int[] {0}, new int[] {position % 4 == 0 ? 0 : 1}), 2);

    @TempDir
    Path folder;

    private static PolicyGradient settings(Algorithm algorithm, int samples, double kl, double temperature) {
        return read("{algorithm: %s, samples: %d, kl_coefficient: %s, temperature: %s"
                .formatted(algorithm, samples, kl, temperature));
    }

    /// Settings with an entropy bonus and PPO-ptx.
    private static PolicyGradient settings(Algorithm algorithm, double kl, double entropy, double ptx) {
        return read("{algorithm: %s, samples: 4, kl_coefficient: %s, entropy_coefficient: %s, ptx_coefficient: %s"
                .formatted(algorithm, kl, entropy, ptx));
    }

    private static PolicyGradient read(String settings) {
        return Configs.read(
                PolicyGradient.class, "test", settings + ", passes: 1, missing_eos_score: null}", List.of());
    }

    private static Model model(Backend backend, Head head, String name, int vocabulary, long seed) {
        TransformerConfig config = TransformerConfig.gpt2(vocabulary, 12, 2, 3, 24);
        return Model.initialize(backend, new TransformerParameters(config, head, name), new SplittableRandom(seed));
    }

    private record World(int vocabulary, List<int[]> prompts, int longestPrompt, int maximumTokens, int stop) {}

    private static final World TINY = new World(9, PROMPTS, 3, 11, STOP);

    private static PolicyGradientLearner learner(
            Backend backend,
            Model policy,
            World world,
            ResponseReward reward,
            PolicyGradient settings,
            int batch,
            int microBatch,
            BooleanSupplier cancelled) {
        RolloutSampler.Shape shape = new RolloutSampler.Shape(
                world.longestPrompt(),
                Sampling.full((float) settings.temperature(), world.maximumTokens(), StopTokens.of(world.stop())),
                settings.samplesPerPrompt());
        Model reference = Model.of(
                backend, new TransformerParameters(policy.config(), Head.LANGUAGE, "reference"), policy.flatWeights());
        return new PolicyGradientLearner(
                backend,
                new PolicyGradientCast(
                        policy,
                        reference,
                        settings.usesValues() ? model(backend, Head.SCALAR, "value", world.vocabulary(), 77) : null,
                        reward),
                shape,
                Examples.inOrder(world.prompts()),
                settings.usesDemonstrations() ? DEMONSTRATIONS : null,
                settings,
                new Batching(batch, microBatch, Optimizer.adamW(0, 1)),
                new Seeds(3),
                cancelled);
    }

    /// What was sampled is what is trained, at the sampling temperature: the first pass after a rollout has ratio
    /// 1, and against its own start a policy has KL 0.
    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void theFirstPassHasRatioOne(Algorithm algorithm) {
        try (Backend backend = Backend.open("cpu", 2);
                PolicyGradientLearner learner = learner(
                        backend,
                        model(backend, Head.LANGUAGE, "policy", 9, 5),
                        TINY,
                        LENGTH,
                        settings(algorithm, 4, 0.1, 0.7),
                        24,
                        7,
                        () -> false)) {
            for (int step = 1; step <= 3; step++) {
                Metrics metrics = learner.step(step, 1e-3f);
                assertThat(metrics.value("val/ratio").orElseThrow()).isCloseTo(1, within(1e-5));
                assertThat(metrics.value("val/ratio_var").orElseThrow()).isCloseTo(0, within(1e-9));
                assertThat(metrics.value("policy/clipfrac_avg").orElseThrow()).isZero();
                assertThat(metrics.value("policy/approxkl_avg").orElseThrow()).isCloseTo(0, within(1e-10));
                if (step == 1) {
                    assertThat(metrics.value("objective/kl").orElseThrow()).isCloseTo(0, within(1e-4));
                } else {
                    assertThat(metrics.value("objective/kl").orElseThrow()).isNotZero();
                }
            }
        }
    }

    /// How many responses share a forward pass changes nothing but the order of sums.
    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void microBatchesAddUpToTheBatch(Algorithm algorithm) {
        float[][] weights = new float[2][];
        for (int run = 0; run < 2; run++) {
            try (Backend backend = Backend.open("cpu", 1)) {
                Model policy = model(backend, Head.LANGUAGE, "policy", 9, 5);
                try (PolicyGradientLearner learner = learner(
                        backend,
                        policy,
                        TINY,
                        LENGTH,
                        settings(algorithm, 4, 0.1, 1),
                        24,
                        run == 0 ? 24 : 5,
                        () -> false)) {
                    learner.step(1, 1e-3f);
                }
                weights[run] = policy.flatWeights();
            }
        }
        double apart = 0;
        for (int i = 0; i < weights[0].length; i++) {
            apart += Math.abs(weights[0][i] - weights[1][i]);
        }
        // Adam's first step is lr·sign(g): only gradients of rounding size may differ.
        assertThat(apart / weights[0].length).isLessThan(2e-5);
    }

    /// The factor that `kl_target` adapts is the one that acts, wherever an algorithm has its penalty.
    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void theAdaptedPenaltyActs(Algorithm algorithm) {
        float[][] weights = new float[2][];
        for (int run = 0; run < 2; run++) {
            try (Backend backend = Backend.open("cpu", 1)) {
                Model policy = model(backend, Head.LANGUAGE, "policy", 9, 5);
                PolicyGradient settings = Configs.read(
                        PolicyGradient.class,
                        "test",
                        "{algorithm: %s, samples: 4, kl_coefficient: 0.5, kl_target: %s, kl_horizon: 32}"
                                .formatted(algorithm, run == 0 ? 0 : 0.001),
                        List.of());
                try (PolicyGradientLearner learner =
                        learner(backend, policy, TINY, LENGTH, settings, 24, 24, () -> false)) {
                    for (int step = 1; step <= 3; step++) {
                        learner.step(step, 1e-3f);
                    }
                }
                weights[run] = policy.flatWeights();
            }
        }
        assertThat(Arrays.equals(weights[0], weights[1])).isFalse();
    }

    /// One prompt and one token, two arms: the optimum of `E[r] − β·KL(π‖π₀)` is π₀·e^{r/β}/Z.
    @ParameterizedTest
    @EnumSource(
            value = Algorithm.class,
            names = {"PPO", "RLOO", "REINFORCE"})
    void theTwoArmedOptimumIsReached(Algorithm algorithm) {
        double beta = 0.5;
        double[] reward = {0, 0.4};
        World arms = new World(2, List.of(new int[] {0}), 1, 1, -1);
        ResponseReward pay = (responses, _) -> responses.stream()
                .mapToDouble(response -> reward[response.response()[0]])
                .toArray();
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = model(backend, Head.LANGUAGE, "policy", 2, 8);
            double start = probability(backend, policy);
            double odds = start / (1 - start) * Math.exp((reward[1] - reward[0]) / beta);
            double optimum = odds / (1 + odds);
            assertThat(optimum - start).isGreaterThan(0.1);
            int steps = 150;
            try (PolicyGradientLearner learner =
                    learner(backend, policy, arms, pay, settings(algorithm, 4, beta, 1), 512, 512, () -> false)) {
                for (int step = 1; step <= steps; step++) {
                    learner.step(step, 3e-3f * (steps - step + 1) / steps);
                }
            }
            assertThat(probability(backend, policy)).isCloseTo(optimum, within(0.02));
        }
    }

    /// With an entropy bonus c the optimum of `E[r] − β·KL(π‖π₀) + c·H(π)` is π₀^{β/(β+c)}·e^{r/(β+c)}/Z.
    @ParameterizedTest
    @EnumSource(
            value = Algorithm.class,
            names = {"RLOO", "REINFORCE"})
    void theEntropyBonusFlattensTheOptimum(Algorithm algorithm) {
        double beta = 0.5;
        double bonus = 0.3;
        double start = start();
        double odds = Math.pow(start / (1 - start), beta / (beta + bonus)) * Math.exp(0.4 / (beta + bonus));
        assertThat(trainedOnArms(settings(algorithm, beta, bonus, 0))).isCloseTo(odds / (1 + odds), within(0.02));
        double without = start / (1 - start) * Math.exp(0.4 / beta);
        assertThat(odds / (1 + odds) - without / (1 + without)).isGreaterThan(0.06);
    }

    /// With γ times the cross entropy to demonstrations q the optimum p solves
    /// `Δr − β(logit p − logit p₀) + γ(q/p − (1 − q)/(1 − p)) = 0`: `E[r] − β·KL − γ·CE` has this derivative.
    @ParameterizedTest
    @EnumSource(
            value = Algorithm.class,
            names = {"RLOO", "REINFORCE"})
    void demonstrationsPullThePolicy(Algorithm algorithm) {
        double beta = 0.5;
        double gamma = 0.4;
        double start = start();
        double low = 1e-6;
        double high = 1 - 1e-6;
        for (int k = 0; k < 60; k++) {
            double p = (low + high) / 2;
            double derivative = 0.4
                    - beta * (Math.log(p / (1 - p)) - Math.log(start / (1 - start)))
                    + gamma * (0.75 / p - 0.25 / (1 - p));
            low = derivative > 0 ? p : low;
            high = derivative > 0 ? high : p;
        }
        assertThat(trainedOnArms(settings(algorithm, beta, 0, gamma))).isCloseTo(low, within(0.02));
        double without = start / (1 - start) * Math.exp(0.4 / beta);
        assertThat(low - without / (1 + without)).isGreaterThan(0.1);
    }

    private static double start() {
        try (Backend backend = Backend.open("cpu", 1)) {
            return probability(backend, model(backend, Head.LANGUAGE, "policy", 2, 8));
        }
    }

    /// Probability of the second arm, which pays 0.4, after training.
    private static double trainedOnArms(PolicyGradient settings) {
        World arms = new World(2, List.of(new int[] {0}), 1, 1, -1);
        ResponseReward pay = (responses, _) -> responses.stream()
                .mapToDouble(response -> 0.4 * response.response()[0])
                .toArray();
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = model(backend, Head.LANGUAGE, "policy", 2, 8);
            int steps = 150;
            try (PolicyGradientLearner learner = learner(backend, policy, arms, pay, settings, 512, 512, () -> false)) {
                for (int step = 1; step <= steps; step++) {
                    learner.step(step, 3e-3f * (steps - step + 1) / steps);
                }
            }
            return probability(backend, policy);
        }
    }

    private static double probability(Backend backend, Model policy) {
        try (LogProbScorer scorer = new LogProbScorer(backend, policy, 2, 2, 1)) {
            return Math.exp(scorer.score(List.of(new Sequence(new int[] {0}, new int[] {1})))[0][0]);
        }
    }

    @Test
    void aResponseWithoutAnEndEarnsItsPrice() {
        PolicyGradient settings = Configs.read(
                PolicyGradient.class,
                "test",
                "{algorithm: reinforce, kl_coefficient: 0, missing_eos_score: -4, score_clip: 3}",
                List.of());
        World endless = new World(9, PROMPTS, 3, 5, -1);
        try (Backend backend = Backend.open("cpu", 1);
                PolicyGradientLearner learner = learner(
                        backend,
                        model(backend, Head.LANGUAGE, "policy", 9, 5),
                        endless,
                        LENGTH,
                        settings,
                        6,
                        6,
                        () -> false)) {
            Metrics metrics = learner.step(1, 1e-3f);
            assertThat(metrics.value("objective/scores").orElseThrow()).isEqualTo(-3);
            assertThat(metrics.value("rollout/stopped").orElseThrow()).isZero();
            StepTime time = learner.timeOfLastStep().orElseThrow();
            assertThat(List.of(time.generating(), time.scoring(), time.updating()))
                    .allMatch(seconds -> seconds > 0);
        }
    }

    /// A stop while responses are drawn saves the last whole step; the resumed run gives the bits of one never
    /// stopped.
    @Test
    void stoppedWhileSamplingItGoesOnFromTheStepBefore() {
        Path straight = folder.resolve("straight");
        float[] expected = run(straight, () -> false);
        int[] asked = {0};
        Path stopped = folder.resolve("stopped");
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> run(stopped, () -> ++asked[0] > 40))
                .withMessageMatching("stopped after step [1-4] of 5; the same command goes on from .*");
        assertThat(run(stopped, () -> false)).isEqualTo(expected);
    }

    /// Half-finished runs of any algorithm go on with the same bits: position in the prompts and all.
    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void aStoppedRunGoesOnWithTheSameBits(Algorithm algorithm) {
        PolicyGradient settings = Configs.read(
                PolicyGradient.class,
                "test",
                "{algorithm: %s, samples: 2, kl_coefficient: 0.1, missing_eos_score: -9%s}"
                        .formatted(algorithm.key(), algorithm == Algorithm.DAPO ? ", overlong_share: 0" : ""),
                List.of());
        float[] expected = run(folder.resolve("straight"), settings, 0, () -> false);
        Path stopped = folder.resolve("stopped");
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> run(stopped, settings, 2, () -> false));
        assertThat(run(stopped, settings, 0, () -> false)).isEqualTo(expected);
    }

    /// A critic that the last update of a step made infinite, or whose last loss is not finite, takes the place of
    /// no checkpoint, however good the policy is.
    @ParameterizedTest
    @CsvSource({
        "1,step 2: value\\.weights of parameter \\S+ is (NaN|-?Infinity); checkpoint OUT/step-1 is kept",
        "2,'step 2: loss is (NaN|-?Infinity), first in parameter value/\\S+; there is no checkpoint before it, but do"
                + " not go on from OUT/step-1, which may give it again'"
    })
    void aCriticThatIsNotFiniteIsNotSaved(int passes, String message) {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> run(out, ofValueRate(1, passes), 1, () -> false));
        assertThatExceptionOfType(NonFiniteException.class)
                .isThrownBy(() -> run(out, ofValueRate(1e300, passes), 2, () -> false))
                .withMessageMatching(
                        message.replace("OUT", out.resolve("checkpoints").toString())
                                + "; lower the learning rate or the gradient clip");
        assertThat(new Checkpoints(out).latest()).map(Checkpoint::step).hasValue(1L);
        run(out, ofValueRate(1, passes), 0, () -> false);
        assertThat(new Checkpoints(out).latest()).map(Checkpoint::step).hasValue(5L);
    }

    private static PolicyGradient ofValueRate(double rate, int passes) {
        return Configs.read(
                PolicyGradient.class,
                "test",
                "{algorithm: ppo, samples: 2, value_rate: %s, passes: %d}".formatted(rate, passes),
                List.of());
    }

    private static float[] run(Path out, BooleanSupplier cancelled) {
        return run(out, settings(Algorithm.PPO, 2, 0.1, 1), 0, cancelled);
    }

    /// @param stopAfter step; 0 for none
    private static float[] run(Path out, PolicyGradient settings, int stopAfter, BooleanSupplier cancelled) {
        try (Backend backend = Backend.open("cpu", 1);
                RunFolder run = RunFolder.open(out);
                Interrupt interrupt = new Interrupt()) {
            Model policy = model(backend, Head.LANGUAGE, "policy", 9, 5);
            try (PolicyGradientLearner learner = learner(backend, policy, TINY, LENGTH, settings, 12, 12, cancelled)) {
                new TrainingLoop(
                                learner,
                                new Schedule(Schedule.Shape.LINEAR, 1e-3, 0, 5, 0),
                                new TreeSet<>(),
                                TrainingLoop.Retention.LAST,
                                ModelText.endingWith(null, STOP))
                        .run(
                                run,
                                metrics -> {
                                    if (metrics.step() == stopAfter) {
                                        interrupt.request();
                                    }
                                },
                                TrainingLoop.Evaluation.none(),
                                interrupt);
            }
            return policy.flatWeights();
        }
    }
}
