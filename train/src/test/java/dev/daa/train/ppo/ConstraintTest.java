package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
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
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Scores that are to be reached and not exceeded, and what χ² holds back. One prompt, one token, three arms.
class ConstraintTest {
    private static final int ARMS = 3;
    private static final double BETA = 0.4;
    private static final int STEPS = 600;

    private interface Use {
        void of(Backend backend, Model policy, PolicyGradientLearner learner);
    }

    /// Pays for the arm of its number.
    private static ResponseReward arm(int paid, double pay) {
        return (responses, _) -> responses.stream()
                .mapToDouble(response -> response.response()[0] == paid ? pay : 0)
                .toArray();
    }

    private static PolicyGradient settings(String settings) {
        return Configs.read(PolicyGradient.class, "test", settings, List.of());
    }

    private static void with(String settings, ResponseReward reward, Use use) {
        PolicyGradient method = settings(settings);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = model(backend, Head.LANGUAGE, "policy");
            try (PolicyGradientLearner learner = new PolicyGradientLearner(
                    backend,
                    new PolicyGradientCast(
                            policy,
                            model(backend, Head.LANGUAGE, "reference"),
                            method.usesValues() ? model(backend, Head.SCALAR, "value") : null,
                            reward),
                    method.shape(1, 1, StopTokens.NONE),
                    Examples.inOrder(List.of(new int[] {0})),
                    null,
                    method,
                    new Batching(512, 512, Optimizer.adamW(0, 1)),
                    new Seeds(3),
                    () -> false)) {
                use.of(backend, policy, learner);
            }
        }
    }

    private static Model model(Backend backend, Head head, String name) {
        TransformerConfig config = TransformerConfig.gpt2(ARMS, 12, 2, 3, 24);
        return Model.initialize(backend, new TransformerParameters(config, head, name), new SplittableRandom(8));
    }

    private static double[] probabilities(Backend backend, Model policy) {
        try (LogProbScorer scorer = new LogProbScorer(backend, policy, 2, ARMS, 1)) {
            float[][] logProb = scorer.score(IntStream.range(0, ARMS)
                    .mapToObj(arm -> new Sequence(new int[] {0}, new int[] {arm}))
                    .toList());
            return IntStream.range(0, ARMS)
                    .mapToDouble(arm -> Math.exp(logProb[arm][0]))
                    .toArray();
        }
    }

    /// Trains to the end, the step size falling to 0.
    private static Metrics train(PolicyGradientLearner learner) {
        Metrics last = Metrics.at(0);
        for (int step = 1; step <= STEPS; step++) {
            last = learner.step(step, 5e-3f * Math.min(1, 2f * (STEPS - step + 1) / STEPS));
        }
        return last;
    }

    private static double value(Metrics metrics, String name) {
        return metrics.value(name).orElseThrow();
    }

    /// Which policies have the mean scores asked for decides the shares of both paid arms. Nearest to the reference
    /// is π_0·e^{Σ λ_i r_i}/Z, so that λ_i is what the log-ratio of arm i to arm 0 grows by over what the arm pays;
    /// the Lagrangian's derivative is 0 where w_i = β·λ_i·(2 − Σw), so that Σw = 2βΛ/(1 + βΛ) with Λ = Σλ.
    @Test
    void scoresReachTheirProxyPointsAndStayThere() {
        with(
                "{algorithm: rloo, samples: 8, kl_coefficient: %s, missing_eos_score: null,".formatted(BETA)
                        + " constraint: {proxy_points: [0.8, 1], multiplier_rate: 0.006}}",
                new RewardEnsemble(List.of(arm(1, 2), arm(2, 4)), RewardEnsemble.Rule.MEAN, 0),
                (backend, policy, learner) -> {
                    double[] start = probabilities(backend, policy);
                    double[] end = {0.35, 0.4, 0.25};
                    double[] lambda = {
                        Math.log(end[1] / start[1] * start[0] / end[0]) / 2,
                        Math.log(end[2] / start[2] * start[0] / end[0]) / 4
                    };
                    double sum = BETA * (lambda[0] + lambda[1]);
                    sum = 2 * sum / (1 + sum);
                    Metrics last = train(learner);
                    assertThat(probabilities(backend, policy)).containsExactly(end, within(0.03));
                    for (int i = 0; i < 2; i++) {
                        double weight = BETA * lambda[i] * (2 - sum);
                        assertThat(weight).isGreaterThan(0.1);
                        assertThat(value(last, "constraint/multiplier_" + (i + 1)))
                                .isCloseTo(weight, within(0.05));
                    }
                    assertThat(value(last, "objective/kl_coefficient")).isCloseTo(BETA * (2 - sum), within(0.03));
                    assertThat(value(last, "objective/scores"))
                            .isCloseTo(
                                    value(last, "constraint/multiplier_1") * value(last, "constraint/value_1")
                                            + value(last, "constraint/multiplier_2")
                                                    * value(last, "constraint/value_2"),
                                    within(1e-9));
                });
    }

    /// One reward model with one proxy point, above and below what the reference earns, by algorithms that have
    /// their penalty in the reward and in the loss.
    @ParameterizedTest
    @CsvSource({"rloo,0.6,8", "rloo,0.05,8", "dr_grpo,0.6,8", "ppo,0.6,1"})
    void oneProxyPointIsEnough(String algorithm, double share, int samples) {
        with(
                "{algorithm: %s, samples: %d, kl_coefficient: %s, passes: 1, missing_eos_score: null,"
                                .formatted(algorithm, samples, BETA)
                        + " constraint: {proxy_points: [%s], multiplier_rate: 0.006}}".formatted(2 * share),
                arm(1, 2),
                (backend, policy, learner) -> {
                    double[] start = probabilities(backend, policy);
                    Metrics last = train(learner);
                    double[] end = probabilities(backend, policy);
                    assertThat(end[1]).isCloseTo(share, within(0.04));
                    assertThat(end[2] / end[0]).isCloseTo(start[2] / start[0], within(0.15));
                    assertThat(value(last, "constraint/target_1")).isEqualTo(2 * share);
                    assertThat(value(last, "constraint/value_1")).isCloseTo(2 * share, within(0.2));
                });
    }

    /// √χ² of a policy grows in proportion to its gain: where λ is above the reward's standard deviation under the
    /// reference nothing is worth its price, below everything is.
    @ParameterizedTest
    @CsvSource({"1.5,false", "0.5,true"})
    void chiSquareHoldsWhatItsPriceIsAboveTheDeviationOf(double factor, boolean leaves) {
        double[] start = new double[ARMS];
        with(
                "{algorithm: rloo}",
                arm(1, 2),
                (backend, policy, _) -> System.arraycopy(probabilities(backend, policy), 0, start, 0, ARMS));
        double deviation = 2 * Math.sqrt(start[1] * (1 - start[1]));
        with(
                "{algorithm: rloo, divergence: chi2, samples: 8, kl_coefficient: %s, missing_eos_score: null}"
                        .formatted(factor * deviation),
                arm(1, 2),
                (backend, policy, learner) -> {
                    train(learner);
                    double end = probabilities(backend, policy)[1];
                    if (leaves) {
                        assertThat(end).isGreaterThan(0.95);
                    } else {
                        assertThat(end).isCloseTo(start[1], within(0.06));
                    }
                });
    }

    /// While a value network learns alone, no policy can answer to a multiplier.
    @Test
    void multipliersWaitForThePolicy() {
        with(
                "{algorithm: ppo, passes: 1, value_warmup: 2, kl_coefficient: 0.1, missing_eos_score: -0.5,"
                        + " constraint: {proxy_points: [5], multiplier_rate: 0.4}}",
                arm(1, 2),
                (_, _, learner) -> {
                    for (int step = 1; step <= 3; step++) {
                        Metrics metrics = learner.step(step, 1e-3f);
                        assertThat(value(metrics, "constraint/multiplier_1")).isZero();
                        assertThat(value(metrics, "constraint/value_1")).isEqualTo(-0.5);
                    }
                    assertThat(value(learner.step(4, 1e-3f), "constraint/multiplier_1"))
                            .isCloseTo(Math.tanh(0.4 * 0.5), within(1e-6));
                });
    }

    /// In the first step all weights are 0, so `drop_equal` leaves out every prompt of every round; what a response
    /// scores is a mean over all that were sampled.
    @Test
    void refilledResponsesCountInWhatIsHeld() {
        with(
                "{algorithm: rloo, samples: 8, drop_equal: true, refill_rounds: 3, missing_eos_score: null,"
                        + " constraint: {proxy_points: [1]}}",
                arm(1, 2),
                (backend, policy, learner) -> {
                    double share = probabilities(backend, policy)[1];
                    Metrics metrics = learner.step(1, 1e-3f);
                    assertThat(value(metrics, "rollout/responses")).isEqualTo(4 * 512);
                    assertThat(value(metrics, "rollout/learned")).isZero();
                    assertThat(value(metrics, "constraint/value_1")).isCloseTo(2 * share, within(0.15));
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "constraint: {proxy_points: []} | proxy_points is [], expected at least one",
                "constraint: {proxy_points: [1], multiplier_rate: 0} | multiplier_rate is 0.0, expected",
                "constraint: {proxy_points: [1]}, kl_coefficient: 0 | kl_coefficient is 0.0 with a constraint",
                "constraint: {proxy_points: [1]}, kl_target: 3 | kl_target is 3.0 with a constraint, expected 0",
                "constraint: {proxy_points: [1]}, divergence: chi2 | divergence is chi2 with a constraint",
                "constraint: {proxy_points: [1]}, shaping: {transform: par} | shaping is set with proxy_points [1.0]",
                "constraint: {proxy_points: [1, 2]}, unit_variance: true | unit_variance is set with proxy_points [1.0,"
            })
    void whatItCannotGoWithIsRefused(String settings, String message) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> settings("{" + settings + "}"))
                .withMessageContaining(message.strip());
        assertThat(settings("{constraint: {proxy_points: [1]}, unit_variance: true}")
                        .withKlCoefficient(0.3)
                        .label())
                .isEqualTo("ppo-constrained");
    }

    /// GRPO's relatives have no penalty of their own: a constraint would have no objective, χ² no effect.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "algorithm: dr_grpo | 0",
                "algorithm: dr_grpo, constraint: {proxy_points: [1]} | 0.05",
                "algorithm: dapo, divergence: chi2 | 0.05",
                "algorithm: dapo, divergence: chi2, kl_coefficient: 0 | 0",
                "algorithm: dapo, divergence: kl | 0"
            })
    void whatIsAboutThePenaltyHasOne(String settings, double coefficient) {
        assertThat(settings("{" + settings + "}").klCoefficient()).isEqualTo(coefficient);
    }

    /// One proxy point is of all reward models as one reward, several are of one each.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[r, s] | [1] | worst-case | ",
                "[r, s] | [1, 2] | mean | ",
                "[r] | [1, 2] | mean | proxy_points is [1.0, 2.0] with reward [r], expected one for each reward model",
                "[r, s] | [1, 2] | worst-case | combine is set with a proxy point for each reward model"
            })
    void everyRewardModelHasItsProxyPoint(String rewards, String points, String combine, @Nullable String message) {
        String config = ("{model: m, data: d, out: o, reward: %s, combine: %s, training: {batch: 8},"
                        + " method: {constraint: {proxy_points: %s}}}")
                .formatted(rewards, combine, points);
        ThrowingCallable read = () -> Configs.read(PpoConfig.class, "test", config, List.of());
        if (message == null) {
            assertThatCode(read).doesNotThrowAnyException();
        } else {
            assertThatExceptionOfType(InputException.class).isThrownBy(read).withMessageContaining(message);
        }
    }
}
