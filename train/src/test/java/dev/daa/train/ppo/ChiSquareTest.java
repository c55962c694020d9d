package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import dev.daa.train.config.Configs;
import dev.daa.train.rollout.Rollout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// χ² and its price. A policy of two tokens with two values each has four responses; where each is there as often as
/// its probability says, a mean over the batch is an expectation by enumeration.
class ChiSquareTest {
    /// How often each of the responses 00, 01, 10, 11 is there.
    private static final int[] COUNTS = {9, 3, 6, 2};

    private static final int BATCH = 20;
    /// First token, second after 0, second after 1, each as log-odds of the token 1; the reference's are other
    /// ones.
    private static final double[] LOGITS = {Math.log(8 / 12.0), Math.log(3 / 9.0), Math.log(2 / 6.0)};

    private static final double[] REFERENCE = {0.4, -0.2, 0.7};
    private static final double LAMBDA = 0.7;

    private static PolicyGradient settings(String settings) {
        return Configs.read(PolicyGradient.class, "test", settings, List.of());
    }

    private static double logProb(double[] logits, int response, int token) {
        double logit = token == 0 ? logits[0] : logits[1 + response / 2];
        boolean one = (token == 0 ? response / 2 : response % 2) == 1;
        return -Math.log1p(Math.exp(one ? -logit : logit));
    }

    private static double probability(double[] logits, int response) {
        return Math.exp(logProb(logits, response, 0) + logProb(logits, response, 1));
    }

    /// √(Σ π²/π_ref − 1).
    private static double root(double[] logits) {
        double sum = -1;
        for (int response = 0; response < 4; response++) {
            double own = probability(logits, response);
            sum += own * own / probability(REFERENCE, response);
        }
        return Math.sqrt(sum);
    }

    private static Rollout rollout() {
        List<Integer> drawn = new ArrayList<>();
        for (int response = 0; response < 4; response++) {
            for (int k = 0; k < COUNTS[response]; k++) {
                drawn.add(response);
            }
        }
        int[] start = new int[BATCH + 1];
        Arrays.setAll(start, i -> 2 * i);
        double[] policy = new double[2 * BATCH];
        double[] reference = new double[2 * BATCH];
        Arrays.setAll(policy, t -> logProb(LOGITS, drawn.get(t / 2), t % 2));
        Arrays.setAll(reference, t -> logProb(REFERENCE, drawn.get(t / 2), t % 2));
        return new Rollout(
                drawn.stream()
                        .map(response -> new Sequence(new int[] {0}, new int[] {response / 2, response % 2}))
                        .toList(),
                start,
                policy,
                reference,
                new double[BATCH],
                new boolean[BATCH]);
    }

    @Test
    void theEstimateIsThatOfTheEnumeration() {
        ChiSquare chiSquare = ChiSquare.of(rollout(), BATCH);
        assertThat(chiSquare.root()).isCloseTo(root(LOGITS), within(1e-12));
        assertThat(chiSquare.value()).isCloseTo(root(LOGITS) * root(LOGITS), within(1e-12));
    }

    /// The policy gradient of what responses pay is the derivative of −λ√χ², by finite differences of the
    /// enumeration. The mean of the others as a baseline makes it greater by n/(n − 1).
    @Test
    void theGradientIsThatOfTheRoot() {
        Rollout rollout = rollout();
        double[] advantage = Lesson.of(
                        new StepSampler.Step(rollout, rollout, 0, new double[0], new double[0], 0, 0),
                        settings("{algorithm: rloo, samples: %d, divergence: chi2}".formatted(BATCH)),
                        LAMBDA,
                        ChiSquare.of(rollout, BATCH),
                        null)
                .advantage();
        for (int k = 0; k < LOGITS.length; k++) {
            double gradient = 0;
            for (int i = 0; i < BATCH; i++) {
                gradient +=
                        advantage[2 * i] * slope(k, rollout.responses().get(i).response()) / BATCH;
            }
            double step = 1e-5;
            double[] up = LOGITS.clone();
            double[] down = LOGITS.clone();
            up[k] += step;
            down[k] -= step;
            double expected = -LAMBDA * (root(up) - root(down)) / (2 * step);
            assertThat(Math.abs(expected)).isGreaterThan(0.01);
            assertThat(gradient * (BATCH - 1) / BATCH).isCloseTo(expected, within(1e-8));
        }
    }

    /// Derivative of a response's log-probability with respect to a logit.
    private static double slope(int logit, int[] response) {
        if (logit > 0 && response[0] != logit - 1) {
            return 0;
        }
        double one = 1 / (1 + Math.exp(-LOGITS[logit]));
        return response[logit == 0 ? 0 : 1] - one;
    }

    /// e^1000 is no number; what is paid grows on along the tangent at e^10.
    @Test
    void noRatioOverflows() {
        double[] score = {0, 0};
        Rollout rollout = new Rollout(
                List.of(new Sequence(new int[] {0}, new int[] {1}), new Sequence(new int[] {0}, new int[] {1})),
                new int[] {0, 1, 2},
                new double[] {-1, -1001},
                new double[] {-1001, -1},
                score,
                new boolean[2]);
        double tangent = Math.exp(10) * 991 - 1;
        ChiSquare chiSquare = ChiSquare.of(rollout, 1);
        // Each has one ratio of e^1000, the other being e^−1000.
        assertThat(chiSquare.value()).isCloseTo(tangent - 1, within(1e-6));
        double[] priced = chiSquare.priced(rollout, 2).score();
        assertThat(priced[0]).isCloseTo(-2 * tangent / Math.sqrt(tangent - 1), within(1e-6));
        assertThat(priced[1]).isCloseTo(2 / Math.sqrt(tangent - 1), within(1e-9));
        assertThat(score).containsExactly(0, 0);
    }

    /// At the reference the root would have no derivative.
    @Test
    void atTheReferenceNothingIsPaid() {
        Rollout own = rollout();
        Rollout alike =
                new Rollout(own.responses(), own.start(), own.reference(), own.reference(), own.score(), own.stopped());
        ChiSquare chiSquare = ChiSquare.of(alike, 1);
        assertThat(chiSquare.value()).isZero();
        assertThat(chiSquare.root()).isEqualTo(0.01);
        assertThat(chiSquare.priced(alike, 5).score()).containsOnly(0);
    }

    /// Algorithms whose KL penalty is customarily in the loss have this one in the reward, too.
    @Test
    void itStandsInTheReward() {
        PolicyGradient grpo = settings("{algorithm: grpo, divergence: chi2}");
        assertThat(grpo.recipe().klPenalty()).isEqualTo(KlPenalty.REWARD);
        assertThat(grpo.loss(1).klCoefficient()).isZero();
        assertThat(grpo.label()).isEqualTo("grpo-chi2");
        assertThat(settings("{algorithm: grpo, divergence: kl}").label()).isEqualTo("grpo");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> settings("{algorithm: ppo, divergence: chi2, kl_penalty: loss}"))
                .withMessageContaining("kl_penalty is loss with divergence chi2, expected reward or null");
        assertThat(Objects.requireNonNull(settings("{divergence: chi2, kl_coefficient: 0.2}")
                        .withKlCoefficient(0.4)
                        .divergence()))
                .isEqualTo(PolicyDivergence.CHI2);
    }
}
