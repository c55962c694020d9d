package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Integrals of the density (μu + 1)e^{μ(u−1)} by mpmath.
class BestOfPoissonTest {
    @ParameterizedTest
    @CsvSource({
        "0,0",
        "0.01,1.6583665284485855e-5",
        "0.5,0.032981926300904559",
        "1,0.10715358390673693",
        "3,0.49457493254910359",
        "10,1.408032388892916",
        "50,2.9322257997645653",
        "400,4.9939676773458292"
    })
    void klIsTheIntegral(double mean, double expected) {
        assertThat(BestOfPoisson.kl(mean)).isCloseTo(expected, within(1e-14));
    }

    /// The policy ∝ e^{λu} with the same mean 1/(1 − e^{−λ}) − 1/λ has the least KL, λ·mean − log((e^λ − 1)/λ);
    /// mpmath finds λ. The difference, at most 6.7e-4 near μ = 3.4, is the KL of the two to each other.
    @ParameterizedTest
    @CsvSource({
        "0.5,0.898385425802555",
        "2,2.94856595666608",
        "3,4.0834228734368",
        "3.43938995723871,4.55463627745003",
        "20,21.0526312578247"
    })
    void klIsNearlyTheLeastOfItsMean(double mean, double tilt) {
        double reward = 1 - 1 / mean + (1 - Math.exp(-mean)) / (mean * mean);
        assertThat(1 / (1 - Math.exp(-tilt)) - 1 / tilt).isCloseTo(reward, within(1e-12));
        double least = tilt * reward - Math.log(Math.expm1(tilt) / tilt);
        assertThat(BestOfPoisson.kl(mean) - least).isBetween(0.0, 6.75e-4);
    }

    /// Ranks' expected quantiles k/(N + 1) have the mean 1 − 1/μ + (1 − e^{−μ})/μ² but for the cap.
    @ParameterizedTest
    @CsvSource({"0,0.5", "0.5,0.57387736114946631", "3,0.77224588129245956", "10,0.90999954600070238"})
    void expectedRewardIsWithoutBiasBelowTheCap(double mean, double expected) {
        double[] quantile =
                IntStream.rangeClosed(1, 64).mapToDouble(k -> k / 65.0).toArray();
        assertThat(BestOfPoisson.expectedReward(quantile, quantile, mean)).isCloseTo(expected, within(1e-12));
    }

    /// All draws counted: n is 1, 2 or, with all the rest of the probability, 3, from three samples.
    @Test
    void expectedRewardCapsTheDraw() {
        double[] score = {2, 0, 1};
        double[] gold = {5, -1, 3};
        double mean = 1.5;
        double one = Math.exp(-mean);
        double two = mean * one;
        double expected = one * 7 / 3 + two * (2 * 5 + 3) / 3 + (1 - one - two) * 5;
        assertThat(BestOfPoisson.expectedReward(score, gold, mean)).isCloseTo(expected, within(1e-14));
    }

    @ParameterizedTest
    @CsvSource({"0.3,5", "2,7", "6,13"})
    void slopeIsTheDerivative(double mean, int samples) {
        double step = 1e-6;
        double[] slope = BestOfPoisson.rankCdfSlope(mean, samples);
        double[] above = BestOfPoisson.rankCdf(mean + step, samples);
        double[] below = BestOfPoisson.rankCdf(mean - step, samples);
        for (int k = 0; k < samples; k++) {
            assertThat(slope[k]).isCloseTo((above[k] - below[k]) / (2 * step), within(1e-8));
        }
    }

    /// The Poisson probability of 16 and more.
    @Test
    void greatestMeanHasTheProbabilityOfTheCap() {
        double mean = BestOfPoisson.greatestMean(16, 0.01);
        double below = 0;
        double term = Math.exp(-mean);
        for (int m = 0; m < 16; m++) {
            below += term;
            term *= mean / (m + 1);
        }
        assertThat(1 - below).isCloseTo(0.01, within(1e-9));
    }

    @Test
    void refusesANegativeMean() {
        for (double mean : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> BestOfPoisson.kl(mean)).isInstanceOf(InputException.class);
        }
    }

    /// Between whole n the shares of ranks are a distribution function that has the whole ones as limits.
    @ParameterizedTest
    @CsvSource({"1,5", "1.5,5", "2,5", "3.7,9", "9,9", "8.999,9"})
    void sharesOfRanksBetweenWholeN(double n, int samples) {
        double[] cdf = BestOfN.rankCdf(n, samples);
        assertThat(cdf).isSorted();
        assertThat(cdf[0]).isNotNegative();
        assertThat(cdf[samples - 1]).isEqualTo(1);
        double[] gold =
                IntStream.range(0, samples).mapToDouble(i -> (i * 7) % 5).toArray();
        double[] rank = IntStream.range(0, samples).asDoubleStream().toArray();
        if (n == Math.rint(n)) {
            assertThat(new ScoredPrompt("", "", rank, gold).expected(cdf))
                    .isCloseTo(BestOfN.expectedReward(rank, gold, (int) n), within(1e-12));
        }
        double step = 1e-7;
        double[] below = BestOfN.rankCdf(Math.max(1, n - step), samples);
        double[] slope = BestOfN.rankCdfSlope(n, samples);
        if (n > 1) {
            for (int k = 0; k < samples; k++) {
                assertThat(slope[k]).isCloseTo((cdf[k] - below[k]) / step, within(1e-5));
            }
        }
        assertThat(Arrays.stream(slope).max().orElseThrow()).isLessThanOrEqualTo(0);
    }
}
