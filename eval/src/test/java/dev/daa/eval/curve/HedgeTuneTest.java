package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.apache.commons.math3.special.Gamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Rewards of the quantile whose thresholds are known: for r(u) = u − a·u^m best of n has E = n/(n+1) − a·n/(n+m).
class HedgeTuneTest {
    private static final int SAMPLES = 64;

    /// The expected u^m of the k-th lowest of N samples is Γ(k+m)Γ(N+1)/(Γ(k)Γ(N+m+1)): a prompt that is the mean
    /// of all prompts.
    private static ScoredPrompt mean(double a, double m, int samples) {
        double[] rank = IntStream.rangeClosed(1, samples).asDoubleStream().toArray();
        return new ScoredPrompt(
                "mean",
                "1",
                rank,
                Arrays.stream(rank)
                        .map(k -> moment(k, 1, samples) - a * moment(k, m, samples))
                        .toArray());
    }

    private static double moment(double k, double m, int samples) {
        return Math.exp(Gamma.logGamma(k + m)
                - Gamma.logGamma(k)
                + Gamma.logGamma(samples + 1.0)
                - Gamma.logGamma(samples + m + 1));
    }

    private static HackingThreshold threshold(InferenceTimeMethod method, ScoredPrompt... prompts) {
        return new HedgeTune(method, List.of(prompts)).threshold();
    }

    /// (m − √(am))/(√(am) − 1): 6 with E = 9/14 for a = ½, m = 8; 4 for a parabola with a = 0.72.
    @ParameterizedTest
    @CsvSource({"0.5,8", "0.72,2", "0.5,10", "0.3,20", "0.9,3"})
    void bestOfNsThresholdIsTheClosedForm(double a, double m) {
        double root = Math.sqrt(a * m);
        double n = (m - root) / (root - 1);
        HackingThreshold found = threshold(InferenceTimeMethod.BEST_OF_N, mean(a, m, SAMPLES));
        assertThat(found.outcome()).isEqualTo(HackingThreshold.Outcome.INTERIOR);
        assertThat(found.threshold()).isCloseTo(n, within(0.01 * n));
        assertThat(found.gold()).isCloseTo(n / (n + 1) - a * n / (n + m), within(1e-4));
        assertThat(found.goldOfOne()).isCloseTo(0.5 - a / (1 + m), within(1e-12));
        assertThat(found.goldAtLimit())
                .isCloseTo(SAMPLES / (SAMPLES + 1.0) - a * SAMPLES / (SAMPLES + m), within(1e-12));
        assertThat(found.kl()).isCloseTo(Math.log(n) - (n - 1) / n, within(0.01));
    }

    /// Roots, by mpmath, of the derivative of `E[u] − a·E[u²]` under the density (μu + 1)e^{μ(u−1)}.
    @ParameterizedTest
    @CsvSource({
        "0.72,4.38719098112514,0.315652601350244",
        "0.6,10.6084011090565,0.408422792724765",
        "0.8,2.61932115832397,0.262882649861428"
    })
    void bestOfPoissonsThresholdIsThatOfTheClosedForm(double a, double mu, double gold) {
        HackingThreshold found = threshold(InferenceTimeMethod.BEST_OF_POISSON, mean(a, 2, SAMPLES));
        assertThat(found.threshold()).isCloseTo(mu, within(0.002 * mu));
        assertThat(found.gold()).isCloseTo(gold, within(1e-5));
        assertThat(found.kl()).isCloseTo(BestOfPoisson.kl(mu), within(0.005));
    }

    /// Three prompts whose mean over softmaxes scipy maximised.
    /// λ is in one over the score's unit, which may be thousands.
    @Test
    void parametersAreShownWithTwoDigitsAtLeast() {
        assertThat(List.of(0.00123456, 0.5, 9.876, 123.4))
                .extracting(HackingThreshold::number)
                .containsExactly("0.0012", "0.50", "9.88", "123");
    }

    @Test
    void softBestOfNsThresholdIsThatOfAnotherProgram() {
        HackingThreshold found = threshold(
                InferenceTimeMethod.SOFT_BEST_OF_N,
                new ScoredPrompt("a", "1", new double[] {0.3, -1.1, 2.0, 0.7}, new double[] {0.5, -0.2, 0.1, 0.9}),
                new ScoredPrompt("b", "1", new double[] {1.5, 0.2, -0.4, 0.9}, new double[] {0.1, 0.0, -0.6, 0.8}),
                new ScoredPrompt("c", "1", new double[] {-0.5, 0.6, 0.1, 1.9}, new double[] {-0.3, 0.4, 0.5, 0.35}));
        assertThat(found.threshold()).isCloseTo(0.887882014704748, within(1e-3));
        assertThat(found.gold()).isCloseTo(0.28387631333252666, within(1e-5));
        assertThat(found.goldOfOne()).isCloseTo(2.55 / 12, within(1e-12));
        assertThat(found.hasInterval()).isFalse();
        assertThat(found.kl()).isNaN();
    }

    @Test
    void saysWhereThereIsNoThreshold() {
        for (InferenceTimeMethod method : InferenceTimeMethod.values()) {
            HackingThreshold rises = threshold(method, mean(0, 1, SAMPLES));
            assertThat(rises.outcome()).isEqualTo(HackingThreshold.Outcome.STILL_RISES);
            assertThat(rises.threshold()).isNaN();
            HackingThreshold falls = threshold(method, mean(2, 1, SAMPLES));
            assertThat(falls.outcome()).isEqualTo(HackingThreshold.Outcome.NEVER_RISES);
            assertThat(falls.threshold()).isEqualTo(method.least());
            double[] rank = {1, 2, 3};
            HackingThreshold level = threshold(method, new ScoredPrompt("p", "1", rank, new double[] {.1, .1, .1}));
            assertThat(level.outcome()).isEqualTo(HackingThreshold.Outcome.NEVER_RISES);
        }
    }

    /// Picking says nothing within a score: best of 1 to 6 of the second have, over all subsets, a gold of 2.5,
    /// 3.5, 3.9, 4, 4 and 4, in whatever order they stand.
    @Test
    void samplesOfOneScoreArePickedByChance() {
        for (InferenceTimeMethod method : InferenceTimeMethod.values()) {
            HackingThreshold constant =
                    threshold(method, new ScoredPrompt("p", "1", new double[5], new double[] {.1, .2, .3, .4, .7}));
            assertThat(constant.outcome()).isEqualTo(HackingThreshold.Outcome.NEVER_RISES);
            assertThat(constant.goldAtLimit()).isCloseTo(0.34, within(1e-12));
        }
        double[] score = {3, 3, 3, 2, 1, 1};
        List<HedgeTune.Expected> curve = new HedgeTune(
                        InferenceTimeMethod.BEST_OF_N,
                        List.of(new ScoredPrompt("p", "1", score, new double[] {5, 4, 3, 2, 1, 0})))
                .curve();
        assertThat(curve.getFirst().gold()).isCloseTo(2.5, within(1e-12));
        assertThat(curve.getLast().gold()).isCloseTo(4, within(1e-12));
        assertThat(threshold(
                        InferenceTimeMethod.BEST_OF_N,
                        new ScoredPrompt("p", "1", score, new double[] {3, 5, 4, 2, 0, 1})))
                .isEqualTo(threshold(
                        InferenceTimeMethod.BEST_OF_N,
                        new ScoredPrompt("p", "1", score, new double[] {5, 3, 4, 2, 1, 0})));
    }

    @Test
    void theLimitOfBestOfNIsTheNumberOfSamples() {
        for (int samples = 2; samples < 40; samples++) {
            assertThat(threshold(InferenceTimeMethod.BEST_OF_N, mean(0, 1, samples))
                            .limit())
                    .isEqualTo(samples);
        }
    }

    /// Samples whose scores are their quantiles, and whose gold follows the quantile with noise of its own.
    private static List<ScoredPrompt> drawn(
            Random random, int seeds, int prompts, int samples, DoubleUnaryOperator reward, double noise) {
        List<ScoredPrompt> drawn = new ArrayList<>();
        for (int seed = 0; seed < seeds; seed++) {
            for (int i = 0; i < prompts; i++) {
                double level = random.nextGaussian();
                double[] score = random.doubles(samples).toArray();
                drawn.add(new ScoredPrompt(
                        seed + " " + i,
                        Integer.toString(seed),
                        score,
                        Arrays.stream(score)
                                .map(u -> level + reward.applyAsDouble(u) + noise * random.nextGaussian())
                                .toArray()));
            }
        }
        return drawn;
    }

    /// n† = 6 of 32 samples, of one seed: the interval holds it in about 95 of 100 simulated samples.
    @Test
    void intervalsHoldTheThreshold() {
        Random random = new Random(1);
        int held = 0;
        int studies = 400;
        for (int study = 0; study < studies; study++) {
            HackingThreshold found = new HedgeTune(
                            InferenceTimeMethod.BEST_OF_N, drawn(random, 1, 40, 32, u -> u - 0.5 * Math.pow(u, 8), 0.2))
                    .threshold();
            held += found.low() <= 6 && !(found.high() < 6) ? 1 : 0;
        }
        assertThat(held / (double) studies).isBetween(0.92, 0.98);
    }

    /// Prompts that seeds share are drawn together: twice the same samples are no more certain.
    @Test
    void sharedPromptsAreOneCluster() {
        List<ScoredPrompt> once = drawn(new Random(3), 1, 30, 16, u -> u - 0.5 * Math.pow(u, 8), 0.2);
        List<ScoredPrompt> twice = new ArrayList<>(once);
        once.forEach(one -> twice.add(new ScoredPrompt(one.prompt(), "again", one.proxy(), one.gold())));
        HackingThreshold of = new HedgeTune(InferenceTimeMethod.BEST_OF_N, once).threshold();
        HackingThreshold both = new HedgeTune(InferenceTimeMethod.BEST_OF_N, twice).threshold();
        assertThat(both.low()).isCloseTo(of.low(), within(1e-9));
        assertThat(both.seeds()).isEqualTo(2);
        assertThat(both.prompts()).isEqualTo(60);
    }

    /// Prompts with more samples than the others serve with all of them, up to the fewest's n.
    @Test
    void promptsMayHaveDifferentlyManySamples() {
        HackingThreshold found =
                threshold(InferenceTimeMethod.BEST_OF_N, mean(0.5, 8, SAMPLES), mean(0.5, 8, SAMPLES / 2));
        assertThat(found.samples()).isEqualTo(SAMPLES / 2);
        assertThat(found.limit()).isEqualTo(SAMPLES / 2.0);
        assertThat(found.threshold()).isCloseTo(6, within(0.05));
    }

    @Test
    void seedsThresholdsAreDoublings() {
        List<ScoredPrompt> prompts = new ArrayList<>();
        ScoredPrompt six = mean(0.5, 8, SAMPLES);
        ScoredPrompt rising = mean(0, 1, SAMPLES);
        prompts.add(new ScoredPrompt("p", "1", six.proxy(), six.gold()));
        prompts.add(new ScoredPrompt("p", "2", rising.proxy(), rising.gold()));
        assertThat(new HedgeTune(InferenceTimeMethod.BEST_OF_N, prompts).doublingsOfSeeds())
                .hasEntrySatisfying("1", of -> assertThat(of).isCloseTo(Math.log(6) / Math.log(2), within(0.01)))
                .hasEntrySatisfying("2", of -> assertThat(of).isCloseTo(6, within(1e-9)));
    }

    @Test
    void refusesASampleAlone() {
        ScoredPrompt alone = new ScoredPrompt("p", "1", new double[] {1}, new double[] {2});
        assertThatThrownBy(() -> new HedgeTune(InferenceTimeMethod.BEST_OF_N, List.of(alone)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("1 of 'p'")
                .hasMessageContaining("two at least");
    }
}
