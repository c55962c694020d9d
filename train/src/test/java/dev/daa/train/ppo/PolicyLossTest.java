package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.train.config.Configs;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The losses by finite differences, at their first pass, and by hand where a bound holds.
class PolicyLossTest {
    private static final int[] START = {0, 1, 6, 9};

    private static double[] random(long seed, double scale) {
        return new SplittableRandom(seed).doubles(9, -scale, scale).toArray();
    }

    private static PolicyLoss.Totals add(
            PolicyLoss loss,
            double[] logProb,
            double[] old,
            double[] reference,
            double[] advantage,
            double[] derivative) {
        PolicyLoss.Totals totals = new PolicyLoss.Totals();
        for (int i = 0; i < 3; i++) {
            loss.add(
                    START[i],
                    START[i + 1],
                    logProb,
                    old,
                    reference,
                    advantage,
                    new Aggregation.Of(9, 3, 7),
                    derivative,
                    totals);
        }
        return totals;
    }

    private static PolicyLoss.Totals add(
            PolicyLoss loss, double[] logProb, double[] old, double[] advantage, double[] derivative) {
        return add(loss, logProb, old, random(3, 1), advantage, derivative);
    }

    private static PolicyLoss loss(
            Ratio ratio, Weighting weighting, Aggregation aggregation, double dual, double klCoefficient) {
        return new PolicyLoss(
                Recipe.grouped(ratio, weighting, aggregation), new Weighting.Bounds(0.2, 0.3, dual), klCoefficient);
    }

    private static List<Ratio> ratios(Weighting weighting) {
        return switch (weighting) {
            case NONE -> List.of(Ratio.TOKEN);
            case GMPO -> List.of(Ratio.RESPONSE_MEAN);
            case CLIP, CISPO, SAPO, VESPO -> List.of(Ratio.values());
        };
    }

    private static double[] advantages(Ratio ratio) {
        return ratio == Ratio.TOKEN ? random(4, 2) : Advantages.spread(START, new double[] {0.7, -1.2, 0.4});
    }

    /// What is held fixed is no part of the derivative, and finite differences cannot say so: TRL's gradients do.
    @ParameterizedTest
    @EnumSource(
            value = Weighting.class,
            names = {"CLIP", "SAPO", "GMPO", "NONE"})
    void derivativesAreThoseOfTheLoss(Weighting weighting) {
        for (Ratio ratio : ratios(weighting)) {
            for (Aggregation aggregation : Aggregation.values()) {
                for (double scale : new double[] {0.01, 0.5, 2}) {
                    requireDerivative(loss(ratio, weighting, aggregation, 1.7, 0.3), scale);
                }
            }
        }
    }

    private static void requireDerivative(PolicyLoss loss, double scale) {
        double[] old = random(1, 1);
        double[] logProb = random(2, scale);
        for (int t = 0; t < 9; t++) {
            logProb[t] += old[t];
        }
        double[] advantage = advantages(loss.recipe().ratio());
        double[] derivative = new double[9];
        add(loss, logProb, old, advantage, derivative);
        for (int t = 0; t < 9; t++) {
            double at = logProb[t];
            double h = 1e-6;
            logProb[t] = at + h;
            double above = add(loss, logProb, old, advantage, new double[9]).loss();
            logProb[t] = at - h;
            double below = add(loss, logProb, old, advantage, new double[9]).loss();
            logProb[t] = at;
            assertThat(derivative[t])
                    .as("%s, token %d, scale %s", loss, t, scale)
                    .isCloseTo((above - below) / (2 * h), within(1e-7 + 1e-7 * Math.abs(derivative[t])));
        }
    }

    /// Loss and gradient of every algorithm whose advantage is one of a response, at its own bounds: `losses.json`
    /// says how they were made.
    @ParameterizedTest
    @ValueSource(
            strings = {"grpo", "dr_grpo", "dapo", "gspo", "luspo", "cispo", "sapo", "vespo", "gmpo", "rloo", "reinforce"
            })
    void lossesAndGradientsAreThoseOfTorch(String name) throws IOException {
        JsonNode golden;
        try (InputStream file = PolicyLossTest.class.getResourceAsStream("losses.json")) {
            golden = JsonMapper.shared().readTree(Objects.requireNonNull(file));
        }
        double[] advantage = Advantages.spread(START, numbers(golden.get("advantage")));
        for (JsonNode expected : golden.get("cases").get(name)) {
            PolicyGradient settings = settings("{algorithm: %s, dual_clip: %s}"
                    .formatted(name, expected.get("dualClip").asDouble()));
            double[] derivative = new double[9];
            PolicyLoss.Totals totals = add(
                    settings.loss(expected.get("klCoefficient").asDouble()),
                    numbers(expected.get("logProb")),
                    numbers(golden.get("old")),
                    numbers(golden.get("reference")),
                    advantage,
                    derivative);
            double loss = expected.get("loss").asDouble();
            assertThat(totals.loss()).isCloseTo(loss, within(1e-9 * Math.max(1, Math.abs(loss))));
            double[] gradient = numbers(expected.get("gradient"));
            for (int t = 0; t < 9; t++) {
                assertThat(derivative[t])
                        .as("token %d of %s", t, expected)
                        .isCloseTo(gradient[t], within(1e-9 * Math.max(1, Math.abs(gradient[t]))));
            }
        }
    }

    private static double[] numbers(JsonNode array) {
        return array.valueStream().mapToDouble(JsonNode::asDouble).toArray();
    }

    /// At the first pass the ratio is 1 everywhere: nothing is clipped, and every weighting has the gradient of
    /// `−E[A]`.
    @ParameterizedTest
    @EnumSource(Weighting.class)
    void theFirstPassIsThePolicyGradient(Weighting weighting) {
        double[] old = random(1, 1);
        for (Ratio ratio : ratios(weighting)) {
            double[] advantage = advantages(ratio);
            double[] derivative = new double[9];
            PolicyLoss.Totals totals =
                    add(loss(ratio, weighting, Aggregation.TOKEN_MEAN, 0, 0), old, old, advantage, derivative);
            assertThat(totals.ratioMean()).isEqualTo(1);
            assertThat(totals.ratioVariance()).isZero();
            assertThat(totals.clipFraction()).isZero();
            assertThat(totals.approxKl()).isZero();
            for (int i = 0; i < 3; i++) {
                int length = START[i + 1] - START[i];
                boolean together = ratio == Ratio.RESPONSE && !weighting.heldFixed();
                for (int t = START[i]; t < START[i + 1]; t++) {
                    assertThat(derivative[t]).isCloseTo(-advantage[t] / 9 * (together ? length : 1), within(1e-15));
                }
            }
        }
    }

    /// ε 0.2 and 0.3, ratio 1.5: a good action earns no more than 1.3; a bad one is punished at 1.5 unless the dual
    /// clip, here at 1.35, bounds it, and at 0.8 where the ratio is less.
    @Test
    void boundsHoldWhereTheyShould() {
        double[] logProb = {Math.log(1.5)};
        PolicyLoss clipped = loss(Ratio.TOKEN, Weighting.CLIP, Aggregation.TOKEN_MEAN, 0, 0);
        PolicyLoss bounded = loss(Ratio.TOKEN, Weighting.CLIP, Aggregation.TOKEN_MEAN, 1.35, 0);
        assertThat(one(clipped, logProb, 2)).containsExactly(new double[] {-2.6, 0, 1}, within(1e-12));
        assertThat(one(clipped, logProb, -2)).containsExactly(new double[] {3, 3, 0}, within(1e-12));
        assertThat(one(clipped, new double[] {Math.log(0.5)}, -2))
                .containsExactly(new double[] {1.6, 0, 1}, within(1e-12));
        assertThat(one(bounded, logProb, -2)).containsExactly(new double[] {2.7, 0, 1}, within(1e-12));
    }

    /// ε 0.2 and 0.3 in logarithms, log ratios 0.5 and −0.5: of a good response the first token counts 0.3, of a
    /// bad one the second −0.2, and neither is moved; the ratio that is told is the policy's own.
    @ParameterizedTest
    @CsvSource({"2, -0.1, 0, 1", "-2, 0.15, 1, 0"})
    void boundsOfGeometricMeansAreOfTokensAndOneSided(double advantage, double logMean, double first, double second) {
        PolicyLoss.Totals totals = new PolicyLoss.Totals();
        double[] derivative = new double[2];
        loss(Ratio.RESPONSE_MEAN, Weighting.GMPO, Aggregation.SEQ_MEAN_TOKEN_MEAN, 0, 0)
                .add(
                        0,
                        2,
                        new double[] {0.5, -0.5},
                        new double[2],
                        new double[2],
                        new double[] {advantage, advantage},
                        new Aggregation.Of(2, 1, 2),
                        derivative,
                        totals);
        double term = -advantage * Math.exp(logMean);
        assertThat(totals.loss()).isCloseTo(term, within(1e-12));
        assertThat(derivative).containsExactly(new double[] {first * term / 2, second * term / 2}, within(1e-12));
        assertThat(totals.ratioMean()).isCloseTo(1, within(1e-12));
        assertThat(totals.clipFraction()).isEqualTo(1);
    }

    /// Loss, derivative and clip fraction of one token.
    private static double[] one(PolicyLoss loss, double[] logProb, double advantage) {
        PolicyLoss.Totals totals = new PolicyLoss.Totals();
        double[] derivative = new double[1];
        loss.add(
                0,
                1,
                logProb,
                new double[1],
                new double[1],
                new double[] {advantage},
                new Aggregation.Of(1, 1, 1),
                derivative,
                totals);
        return new double[] {totals.loss(), derivative[0], totals.clipFraction()};
    }

    /// A value that moved beyond the clip towards its target is judged where it was clipped, and pulled no further.
    @Test
    void valuesAreClippedAroundTheOldOnes() {
        ValueLoss loss = new ValueLoss(0.2);
        assertThat(loss.value(1.5, 1, 2)).isCloseTo(0.5 * 0.8 * 0.8, within(1e-12));
        assertThat(loss.derivative(1.5, 1, 2)).isZero();
        assertThat(loss.value(0.5, 1, 2)).isCloseTo(0.5 * 1.5 * 1.5, within(1e-12));
        assertThat(loss.derivative(0.5, 1, 2)).isCloseTo(-1.5, within(1e-12));
        assertThat(new ValueLoss(0).value(1.5, 1, 2)).isCloseTo(0.5 * 0.25, within(1e-12));
    }

    /// Ziegler et al.: β grows by at most a fifth per horizon while the KL is above its target.
    @Test
    void theKlCoefficientIsAdaptedToItsTarget() {
        PolicyGradient fixed = settings("{}");
        PolicyGradient adaptive = settings("{kl_target: 6}");
        assertThat(fixed.nextKlCoefficient(0.05, 99, 100)).isEqualTo(0.05);
        assertThat(adaptive.nextKlCoefficient(0.05, 6.6, 100)).isCloseTo(0.05 * (1 + 0.1 * 0.01), within(1e-12));
        assertThat(adaptive.nextKlCoefficient(0.05, 60, 100)).isCloseTo(0.05 * 1.002, within(1e-12));
        assertThat(adaptive.nextKlCoefficient(0.05, 0, 100)).isCloseTo(0.05 * 0.998, within(1e-12));
    }

    private static PolicyGradient settings(String yaml) {
        return Configs.read(PolicyGradient.class, "test", yaml, List.of());
    }
}
