package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Published values, numerical integration by another library, and all subsets counted by hand.
class BestOfNTest {
    @ParameterizedTest
    @CsvSource({
        "1,0",
        "2,.19315",
        "4,.63629",
        "8,1.20444",
        "16,1.83509",
        "64,3.17451",
        "100,3.61517",
        "1000,5.90876",
        "12500,8.43356",
        "60000,10.00212"
    })
    void klOfBestOfN(long n, double expected) {
        assertThat(BestOfN.kl(n)).isCloseTo(expected, within(5e-6));
    }

    /// Gauss's rule on panels that halve towards 0 and 1, of g log g with g from scipy's binomial distribution.
    @ParameterizedTest
    @CsvSource({
        "2,6,0.5954352751618984",
        "1,4,0.6362943611245848",
        "3,8,0.5813503086871479",
        "5,5,0",
        "10,40,1.1333997692113424",
        "16,1000,3.9007517855149674",
        "999,1000,3.5512306617920084e-4",
        "600,1200,.6670861843757872",
        "2,100000,10.117963456460863",
        "1,60000,10.002116507870905"
    })
    void klOfBestKofN(int k, int n, double expected) {
        assertThat(BestOfN.kl(k, n)).isCloseTo(expected, within(1e-9));
    }

    @Test
    void klWithoutTiesIsTheAnalyticOne() {
        double[] scores = {3, 1, 5, 2, 4, -7};
        for (int n : new int[] {1, 2, 7, 300}) {
            assertThat(BestOfN.kl(scores, n)).isCloseTo(BestOfN.kl(n), within(1e-12));
        }
    }

    /// A sampler of three scores with masses 0.2, 0.3 and 0.5, all n draws of it counted out.
    @Test
    void klWithTiesIsThatOfTheDiscreteDistribution() {
        double[] scores = {2, 1, 2, 0, 1, 2, 2, 1, 0, 2};
        double[] mass = {.2, .3, .5};
        for (int n = 1; n <= 6; n++) {
            double[] best = new double[3];
            for (int draw = 0; draw < Math.round(Math.pow(3, n)); draw++) {
                double probability = 1;
                int highest = 0;
                for (int i = 0, rest = draw; i < n; i++, rest /= 3) {
                    probability *= mass[rest % 3];
                    highest = Math.max(highest, rest % 3);
                }
                best[highest] += probability;
            }
            double kl = 0;
            for (int score = 0; score < 3; score++) {
                kl += best[score] * Math.log(best[score] / mass[score]);
            }
            assertThat(BestOfN.kl(scores, n)).isCloseTo(kl, within(1e-12));
        }
        assertThat(BestOfN.kl(scores, 2)).isLessThan(BestOfN.kl(2));
        assertThat(BestOfN.kl(new double[] {1, 1, 1}, 50)).isCloseTo(0, within(1e-12));
        assertThat(BestOfN.kl(scores, 100_000)).isCloseTo(Math.log(2), within(1e-12));
    }

    @Test
    void unbiasedEstimateOfScoresOneToFive() {
        double[] scores = {3, 1, 5, 2, 4};
        double[] expected = {3, 4, 4.5, 4.8, 5};
        for (int n = 1; n <= 5; n++) {
            assertThat(BestOfN.expectedReward(scores, scores, n)).isCloseTo(expected[n - 1], within(1e-12));
        }
    }

    @Test
    void unbiasedEstimateIsTheMeanOverAllSubsets() {
        double[] score = {.3, -1, 2.5, .9, 1.4, -.2, .7};
        double[] gold = {1, 2, -3, 5, .5, 0, 4};
        for (int n = 1; n <= 7; n++) {
            double sum = 0;
            int subsets = 0;
            for (int subset = 0; subset < 1 << 7; subset++) {
                if (Integer.bitCount(subset) == n) {
                    int best = -1;
                    for (int i = 0; i < 7; i++) {
                        if ((subset >> i & 1) == 1 && (best < 0 || score[i] > score[best])) {
                            best = i;
                        }
                    }
                    sum += gold[best];
                    subsets++;
                }
            }
            assertThat(BestOfN.expectedReward(score, gold, n)).isCloseTo(sum / subsets, within(1e-12));
        }
    }

    @Test
    void badArgumentsAreRefused() {
        assertThatThrownBy(() -> BestOfN.kl(0)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> BestOfN.kl(3, 2)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> BestOfN.expectedReward(new double[3], new double[3], 4))
                .hasMessage("best of n: found n 4, expected 1 to 3, the number of samples");
        assertThatThrownBy(() -> BestOfN.expectedReward(new double[3], new double[2], 1))
                .isInstanceOf(InputException.class);
    }

    /// Every draw of three samples from three outcomes: the exact KL of soft best of 3 (last number) is below the
    /// mean of the bound, both as numpy has them; without sharpness both are 0.
    @ParameterizedTest
    @CsvSource({
        "0,0,0",
        "0.3,0.027689277553380045,0.01787345720800733",
        "1.3,0.3367747209174244,0.18856353501367343",
        "50,0.7627173237718649,0.3605547865514835"
    })
    void softBestOfNIsBelowItsBound(double sharpness, double expected, double exact) {
        double[] probability = {0.5, 0.3, 0.2};
        double[] score = {0, 1, 2.5};
        double[] chosen = new double[3];
        double bound = 0;
        for (int draw = 0; draw < 27; draw++) {
            int[] outcome = {draw % 3, draw / 3 % 3, draw / 9};
            double p = probability[outcome[0]] * probability[outcome[1]] * probability[outcome[2]];
            double[] scores = {score[outcome[0]], score[outcome[1]], score[outcome[2]]};
            bound += p * BestOfN.softKlBound(scores, sharpness);
            double sum = 0;
            for (double of : scores) {
                sum += Math.exp(sharpness * of);
            }
            for (int i = 0; i < 3; i++) {
                chosen[outcome[i]] += p * Math.exp(sharpness * scores[i]) / sum;
            }
        }
        double kl = 0;
        for (int i = 0; i < 3; i++) {
            kl += chosen[i] * Math.log(chosen[i] / probability[i]);
        }
        assertThat(bound).isCloseTo(expected, within(1e-12));
        assertThat(kl).isCloseTo(exact, within(1e-12)).isLessThanOrEqualTo(bound + 1e-12);
    }

    /// Weights ⅔ and ⅓: `log 2 − H = log 2 + ⅔ log ⅔ + ⅓ log ⅓`; the best alone has log n.
    @Test
    void theSoftBoundIsThatOfTheWeights() {
        double[] score = {7 + Math.log(2), 7};
        assertThat(BestOfN.softKlBound(score, 1))
                .isCloseTo(Math.log(2) + 2 / 3.0 * Math.log(2 / 3.0) + Math.log(1 / 3.0) / 3, within(1e-12));
        assertThat(BestOfN.softKlBound(new double[] {1, 4000, -2000}, 1e3)).isCloseTo(Math.log(3), within(1e-12));
    }
}
