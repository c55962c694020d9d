package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PowerLawTest {
    private static CurvePoints exact(double alpha, double beta, double gamma) {
        double[] distance = new double[33];
        double[] reward = new double[33];
        for (int i = 0; i < 33; i++) {
            distance[i] = 0.15 * (i + 1);
            reward[i] = distance[i] * (alpha - beta * Math.pow(distance[i], gamma));
        }
        return CurvePoints.of(distance, reward);
    }

    @ParameterizedTest
    @CsvSource({"0.8, 0.2, 0.75", "1.5, 0.4, 1", "0.3, 0.001, 2.5", "3, 2, 0.2"})
    void anExactCurveGivesBackItsCoefficients(double alpha, double beta, double gamma) {
        PowerLaw fit = PowerLaw.fit(exact(alpha, beta, gamma)).orElseThrow();
        assertThat(fit.gamma()).isCloseTo(gamma, within(1e-4));
        assertThat(fit.alpha()).isCloseTo(alpha, within(1e-3));
        assertThat(fit.beta()).isCloseTo(beta, within(1e-3));
        assertThat(fit.rmse()).isLessThan(1e-5);
        double peak = fit.peakDistance();
        double there = fit.reward(peak);
        assertThat(fit.reward(peak * 1.01)).isLessThan(there);
        assertThat(fit.reward(peak * 0.99)).isLessThan(there);
        assertThat(fit.reward(fit.secondZero().orElseThrow())).isCloseTo(0, within(1e-6 * there));
    }

    /// The logarithm is the limit γ → 0: α′ = α − β, β′ = βγ.
    @Test
    void theLogarithmicLawLooksLikeASmallExponent() {
        double[] distance = new double[33];
        double[] reward = new double[33];
        for (int i = 0; i < 33; i++) {
            distance[i] = 0.15 * (i + 1);
            reward[i] = Law.RL.reward(1.5, 0.8, distance[i]);
        }
        PowerLaw fit = PowerLaw.fit(CurvePoints.of(distance, reward)).orElseThrow();
        assertThat(fit.gamma()).isCloseTo(PowerLaw.LEAST, within(1e-3));
        assertThat(fit.beta() * fit.gamma()).isCloseTo(0.8, within(0.05));
        assertThat(fit.rmse()).isLessThan(0.02);
    }

    @Test
    void intervalsCoverTheExponent() {
        Random random = new Random(9);
        int covered = 0;
        int inBand = 0;
        for (int trial = 0; trial < 40; trial++) {
            CurvePoints clean = exact(1.5, 0.4, 0.9);
            double[] reward = clean.reward().clone();
            for (int i = 0; i < reward.length; i++) {
                reward[i] += 0.05 * random.nextGaussian();
            }
            CurvePoints noisy = CurvePoints.of(clean.distance(), reward);
            LawBootstrap intervals = LawBootstrap.of(
                            PowerLaw.FORM, SampledCurve.of(noisy).again(100, trial), new double[] {2})
                    .orElseThrow();
            covered += intervals.coefficients().get(2).contains(0.9) ? 1 : 0;
            inBand += intervals.band()[0].contains(2 * (1.5 - 0.4 * Math.pow(2, 0.9))) ? 1 : 0;
        }
        assertThat(covered).isBetween(32, 40);
        assertThat(inBand).isBetween(32, 40);
    }

    @Test
    void twoDistancesDoNotDetermineThreeCoefficients() {
        assertThat(PowerLaw.fit(CurvePoints.of(new double[] {0, 1, 1, 2}, new double[] {0, 1, 1, 2})))
                .isEmpty();
    }

    /// Beyond the split the same curve is predicted exactly; without points there nothing is.
    @Test
    void extrapolatesItsOwnCurve() {
        CurvePoints curve = exact(0.8, 0.2, 0.75);
        assertThat(Extrapolation.of(PowerLaw.FORM, curve, 3).orElseThrow().rmsePredicted())
                .isLessThan(1e-4);
        assertThat(Extrapolation.of(PowerLaw.FORM, curve, 99)).isEmpty();
    }
}
