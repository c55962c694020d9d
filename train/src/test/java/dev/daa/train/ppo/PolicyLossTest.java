package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The losses by finite differences, at their first pass, and by hand where a bound holds.
class PolicyLossTest {
    private static final int[] START = {0, 1, 6, 9};

    private static double[] random(long seed, double scale) {
        return new SplittableRandom(seed).doubles(9, -scale, scale).toArray();
    }

    private static PolicyLoss.Totals add(
            PolicyLoss loss, double[] logProb, double[] old, double[] advantage, double[] derivative) {
        PolicyLoss.Totals totals = new PolicyLoss.Totals();
        double[] reference = random(3, 1);
        for (int i = 0; i < 3; i++) {
            int length = START[i + 1] - START[i];
            loss.add(
                    START[i],
                    START[i + 1],
                    logProb,
                    old,
                    reference,
                    advantage,
                    loss.weight(length, 9, 3),
                    derivative,
                    totals);
        }
        return totals;
    }

    private static double[] advantages(PolicyLoss.Ratio ratio) {
        return ratio == PolicyLoss.Ratio.SEQUENCE
                ? Advantages.spread(START, new double[] {0.7, -1.2, 0.4})
                : random(4, 2);
    }

    @ParameterizedTest
    @EnumSource(PolicyLoss.Ratio.class)
    void derivativesAreThoseOfTheLoss(PolicyLoss.Ratio ratio) {
        for (PolicyLoss.Average average : PolicyLoss.Average.values()) {
            for (double scale : new double[] {0.01, 0.5, 2}) {
                PolicyLoss loss = new PolicyLoss(ratio, average, 0.2, 1.7, 0.3);
                double[] old = random(1, 1);
                double[] logProb = random(2, scale);
                for (int t = 0; t < 9; t++) {
                    logProb[t] += old[t];
                }
                double[] advantage = advantages(ratio);
                double[] derivative = new double[9];
                add(loss, logProb, old, advantage, derivative);
                for (int t = 0; t < 9; t++) {
                    double at = logProb[t];
                    double h = 1e-6;
                    logProb[t] = at + h;
                    double above =
                            add(loss, logProb, old, advantage, new double[9]).loss();
                    logProb[t] = at - h;
                    double below =
                            add(loss, logProb, old, advantage, new double[9]).loss();
                    logProb[t] = at;
                    assertThat(derivative[t])
                            .as("%s, token %d, scale %s", loss, t, scale)
                            .isCloseTo((above - below) / (2 * h), within(1e-7));
                }
            }
        }
    }

    /// At the first pass the ratio is 1 everywhere: nothing is clipped, the loss is `−E[A]`.
    @ParameterizedTest
    @EnumSource(
            value = PolicyLoss.Ratio.class,
            names = {"TOKEN", "SEQUENCE"})
    void theFirstPassIsThePolicyGradient(PolicyLoss.Ratio ratio) {
        double[] old = random(1, 1);
        double[] advantage = advantages(ratio);
        double[] derivative = new double[9];
        PolicyLoss loss = new PolicyLoss(ratio, PolicyLoss.Average.TOKENS, 0.2, 0, 0);
        PolicyLoss.Totals totals = add(loss, old, old, advantage, derivative);
        assertThat(totals.ratioMean()).isEqualTo(1);
        assertThat(totals.ratioVariance()).isZero();
        assertThat(totals.clipFraction()).isZero();
        assertThat(totals.approxKl()).isZero();
        for (int t = 0; t < 9; t++) {
            assertThat(derivative[t]).isCloseTo(-advantage[t] / 9, within(1e-15));
        }
    }

    /// ε 0.2, ratio 1.5: a good action earns no more than 1.2; a bad one is punished at 1.5 unless the dual clip,
    /// here at 1.3, bounds it.
    @Test
    void boundsHoldWhereTheyShould() {
        double[] logProb = {Math.log(1.5)};
        PolicyLoss clipped = new PolicyLoss(PolicyLoss.Ratio.TOKEN, PolicyLoss.Average.TOKENS, 0.2, 0, 0);
        PolicyLoss bounded = new PolicyLoss(PolicyLoss.Ratio.TOKEN, PolicyLoss.Average.TOKENS, 0.2, 1.3, 0);
        assertThat(one(clipped, logProb, 2)).containsExactly(new double[] {-2.4, 0, 1}, within(1e-12));
        assertThat(one(clipped, logProb, -2)).containsExactly(new double[] {3, 3, 0}, within(1e-12));
        assertThat(one(bounded, logProb, -2)).containsExactly(new double[] {2.6, 0, 1}, within(1e-12));
    }

    /// Loss, derivative and clip fraction of one token.
    private static double[] one(PolicyLoss loss, double[] logProb, double advantage) {
        PolicyLoss.Totals totals = new PolicyLoss.Totals();
        double[] derivative = new double[1];
        loss.add(0, 1, logProb, new double[1], new double[1], new double[] {advantage}, 1, derivative, totals);
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
        PolicyGradient fixed = settings(0);
        PolicyGradient adaptive = settings(6);
        assertThat(fixed.nextKlCoefficient(0.05, 99, 100)).isEqualTo(0.05);
        assertThat(adaptive.nextKlCoefficient(0.05, 6.6, 100)).isCloseTo(0.05 * (1 + 0.1 * 0.01), within(1e-12));
        assertThat(adaptive.nextKlCoefficient(0.05, 60, 100)).isCloseTo(0.05 * 1.002, within(1e-12));
        assertThat(adaptive.nextKlCoefficient(0.05, 0, 100)).isCloseTo(0.05 * 0.998, within(1e-12));
    }

    private static PolicyGradient settings(double klTarget) {
        return new PolicyGradient(
                Algorithm.PPO,
                1,
                1,
                1,
                0.05,
                klTarget,
                10_000,
                0.2,
                0,
                0,
                0.95,
                1,
                false,
                0.2,
                1,
                0,
                null,
                0,
                false,
                0,
                0,
                1);
    }
}
