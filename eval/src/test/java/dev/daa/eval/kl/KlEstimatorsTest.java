package dev.daa.eval.kl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KlEstimatorsTest {
    /// Schulman's table: samples of N(0, 1) as policy, N(μ, 1) as reference; bias and standard deviation over the
    /// true KL.
    @ParameterizedTest(name = "{0} at mean shift {1}")
    @CsvSource({
        "k1, .1, 0,    20.0",
        "k2, .1, .002, 1.42",
        "k3, .1, 0,    1.42",
        "k1, 1,  0,    2.0",
        "k2, 1,  .25,  1.73",
        "k3, 1,  0,    1.70"
    })
    void gaussianTable(String estimator, double shift, double bias, double deviation) {
        KlEstimate estimate = byName(estimator).apply(gaussianSamples(shift));
        double truth = shift * shift / 2;

        assertThat((estimate.estimate() - truth) / truth).isEqualTo(bias, within(0.0011));
        assertThat(estimate.standardError() * Math.sqrt(estimate.sequences()) / truth)
                .isEqualTo(deviation, within(0.01));
        assertThat(estimate.perToken()).isEqualTo(estimate.estimate(), within(1e-12));
    }

    /// Samples of the policy by stratified quantiles, so that sampling noise does not blur the printed digits; the
    /// tail beyond the last stratum costs k3's deviation less than 0.01.
    private static SequenceLogProbs gaussianSamples(double shift) {
        NormalDistribution policy = new NormalDistribution(0, 1);
        NormalDistribution reference = new NormalDistribution(shift, 1);
        int samples = 300_000;
        double[][] policyLogProbs = new double[samples][1];
        double[][] referenceLogProbs = new double[samples][1];
        for (int k = 0; k < samples; k++) {
            double x = policy.inverseCumulativeProbability((k + 0.5) / samples);
            policyLogProbs[k][0] = policy.logDensity(x);
            referenceLogProbs[k][0] = reference.logDensity(x);
        }
        return SequenceLogProbs.of(policyLogProbs, referenceLogProbs);
    }

    @Test
    void sequencesByHand() {
        // ℓ = (1, −1), (), (2): k1 sums 0, 0, 2; k2 sums 1, 0, 2; k3 sums 1/e + e − 2, 0, e⁻² + 1.
        SequenceLogProbs samples =
                SequenceLogProbs.of(new double[][] {{-1, -3}, {}, {-1}}, new double[][] {{-2, -2}, {}, {-3}});
        double k3First = 1 / Math.E + Math.E - 2;
        double k3Last = Math.exp(-2) + 1;

        assertEstimate(KlEstimators.k1(samples), KlEstimator.K1, 0, 0, 2);
        assertEstimate(KlEstimators.k2(samples), KlEstimator.K2, 1, 0, 2);
        assertEstimate(KlEstimators.k3(samples), KlEstimator.K3, k3First, 0, k3Last);
        assertEstimate(KlEstimators.forward(samples), KlEstimator.FORWARD, 0, 0, -2);
        int[] start = {0, 2, 2, 3};
        assertEstimate(KlEstimators.exact(start, new double[] {.5, .25, 1}), KlEstimator.EXACT, .75, 0, 1);
        assertEstimate(
                KlEstimators.forwardExact(start, new double[] {.5, .25, 1}, new int[] {0, 1, 2}),
                KlEstimator.FORWARD_EXACT,
                .75,
                0,
                1);
    }

    @Test
    void samplesOfOnePromptAreOneCluster() {
        int[] start = {0, 1, 2, 3, 4};
        double[] tokenKl = {1, 1, 3, 3};

        assertThat(KlEstimators.exact(start, tokenKl, new int[] {8, 8, 2, 2}).standardError())
                .isEqualTo(
                        KlEstimators.exact(new int[] {0, 1, 2}, new double[] {1, 3})
                                .standardError(),
                        within(1e-15))
                .isGreaterThan(KlEstimators.exact(start, tokenKl).standardError());
    }

    /// Sequences of a two-state Markov policy against another: all unbiased estimators agree with the exact sum.
    @Test
    void unbiasedEstimatorsAgreeOnSequences() {
        double[][] policy = {{.7, .3}, {.2, .8}};
        double[][] reference = {{.5, .5}, {.4, .6}};
        int steps = 13;
        double kl = 0;
        double[] state = {1, 0};
        for (int t = 0; t < steps; t++) {
            kl += state[0] * stateKl(policy[0], reference[0]) + state[1] * stateKl(policy[1], reference[1]);
            double zero = state[0] * policy[0][0] + state[1] * policy[1][0];
            state = new double[] {zero, 1 - zero};
        }
        int sequences = 20_000;
        double[][] policyLogProbs = new double[sequences][steps];
        double[][] referenceLogProbs = new double[sequences][steps];
        double[] tokenKl = new double[sequences * steps];
        RandomGenerator random = new SplittableRandom(257);
        for (int i = 0; i < sequences; i++) {
            int previous = 0;
            for (int t = 0; t < steps; t++) {
                int next = random.nextDouble() < policy[previous][0] ? 0 : 1;
                policyLogProbs[i][t] = Math.log(policy[previous][next]);
                referenceLogProbs[i][t] = Math.log(reference[previous][next]);
                tokenKl[i * steps + t] = stateKl(policy[previous], reference[previous]);
                previous = next;
            }
        }
        SequenceLogProbs samples = SequenceLogProbs.of(policyLogProbs, referenceLogProbs);
        int[] start = IntStream.rangeClosed(0, sequences).map(i -> i * steps).toArray();
        KlEstimate exact = KlEstimators.exact(start, tokenKl);
        KlEstimate k1 = KlEstimators.k1(samples);
        KlEstimate k3 = KlEstimators.k3(samples);

        assertThat(exact.estimate()).isEqualTo(kl, within(5 * exact.standardError()));
        assertThat(k1.estimate()).isEqualTo(kl, within(5 * k1.standardError()));
        assertThat(k3.estimate()).isEqualTo(kl, within(5 * k3.standardError()));
        assertThat(exact.standardError()).isLessThan(k3.standardError());
        assertThat(k3.standardError()).isLessThan(k1.standardError());
    }

    @ParameterizedTest
    @CsvSource({"1e-9", "-1e-9", "9.9e-5", "1.01e-4", "-0.1", "7", "-7"})
    void k3IsNeverNegativeAndKeepsItsDigits(double logRatio) {
        // Σ_{j ≥ 2} (−ℓ)^j / j!, summed until it no longer changes.
        double series = 0;
        double term = -logRatio;
        for (int j = 2; j < 80; j++) {
            term *= -logRatio / j;
            series += term;
        }
        assertThat(KlEstimators.k3(logRatio))
                .isEqualTo(series, within(1e-8 * series))
                .isPositive();
        assertThat(KlEstimators.k3(0)).isZero();
    }

    @Test
    void distanceIsTheRootOfTheKl() {
        KlEstimate estimate = new KlEstimate(KlEstimator.EXACT, 4, 0.2, 33, 0.1);

        assertThat(estimate.distance()).isEqualTo(2);
        assertThat(estimate.distanceStandardError()).isEqualTo(0.05, within(1e-15));
        assertThat(new KlEstimate(KlEstimator.K1, -0.01, 0.2, 33, 0).distance()).isZero();
    }

    @Test
    void badSequencesAreRefused() {
        assertThatThrownBy(() -> SequenceLogProbs.of(new double[][] {{-1}}, new double[][] {{-1, -2}}))
                .hasMessageContaining("other lengths");
        assertThatThrownBy(() -> new SequenceLogProbs(new int[] {0, 2}, new double[3], new double[3]))
                .hasMessage("sequence starts 0 … 2 do not cover 3 tokens");
        assertThatThrownBy(() -> new SequenceLogProbs(new int[] {0, 2, 1, 3}, new double[3], new double[3]))
                .hasMessage("sequence 1 starts at 2 and ends at 1");
        assertThatThrownBy(() -> KlEstimators.exact(new int[] {0, 1, 3}, new double[] {0, 0, Double.NaN}))
                .hasMessage("token KL of sequence 1, token 1 is NaN");
        assertThatThrownBy(() -> KlEstimators.exact(new int[] {0, 1}, new double[1], new int[2]))
                .hasMessage("1 sequences, but 2 prompt numbers");
    }

    private static void assertEstimate(KlEstimate found, KlEstimator estimator, double... sums) {
        double mean = (sums[0] + sums[1] + sums[2]) / 3;
        double squares = 0;
        for (double sum : sums) {
            squares += (sum - mean) * (sum - mean);
        }
        assertThat(found.estimator()).isEqualTo(estimator);
        assertThat(found.estimate()).isEqualTo(mean, within(1e-14));
        assertThat(found.standardError()).isEqualTo(Math.sqrt(squares / 2 / 3), within(1e-14));
        assertThat(found.sequences()).isEqualTo(3);
        assertThat(found.perToken()).isEqualTo(mean, within(1e-14));
    }

    private static double stateKl(double[] policy, double[] reference) {
        return policy[0] * Math.log(policy[0] / reference[0]) + policy[1] * Math.log(policy[1] / reference[1]);
    }

    private static Function<SequenceLogProbs, KlEstimate> byName(String estimator) {
        return switch (estimator) {
            case "k1" -> KlEstimators::k1;
            case "k2" -> KlEstimators::k2;
            case "k3" -> KlEstimators::k3;
            default -> throw new IllegalArgumentException(estimator);
        };
    }
}
