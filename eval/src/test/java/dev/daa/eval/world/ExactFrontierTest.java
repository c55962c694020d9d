package dev.daa.eval.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExactFrontierTest {
    private static final ExactFrontier REVIEWS = ExactFrontier.ofReviews();

    @Test
    void referenceDistributionHasTheSpecifiedStatistics() {
        double[] sums = new double[3];
        int[] points = new int[2];
        SentimentLengthMeasure.ofReferenceReview().forEach((sentiment, length, mass) -> {
            points[0]++;
            points[1] = Math.max(points[1], length);
            sums[0] += mass;
            sums[1] += mass * length;
            sums[2] += mass * sentiment / 100;
        });
        // E[S] by hand: means of the word lists, of an adjective phrase, of a statement; 2.4 statements, half a
        // closing.
        double adjective = (2 + 1.5 + 1.3 + 1 + .9 + .8 + .6 + .4 + .1 - .3 - .6 - .8 - .9 - 1 - 1.2 - 1.8 - 2) / 18;
        double adverb = (1.5 + 1.2 + .8 + .5 - .5 - .8) / 6;
        double verb = (1.8 + 1.4 + 1.3 + 1 - .6 - 1.2 - 1.5 - 1.8) / 9;
        double adjectivePhrase = adjective * (.6 + .4 * adverb);
        double statement = (.45 + 2 * .2 + .15) * adjectivePhrase + (.2 + .15) * verb;

        assertThat(points[0]).isEqualTo(107_279);
        assertThat(points[1]).isEqualTo(ReferenceReviews.MAXIMUM_LENGTH);
        assertThat(sums[0]).isEqualTo(1, within(1e-12));
        assertThat(sums[1]).isEqualTo(19.36, within(1e-10));
        assertThat(sums[2]).isEqualTo(2.4 * statement + .5 * adjective, within(1e-12));
        assertThat(REVIEWS.referenceGold()).isEqualTo(-0.1929, within(5e-5));
        assertThat(REVIEWS.referenceGoldDeviation()).isEqualTo(1.37, within(5e-3));
    }

    @ParameterizedTest(name = "beta {0}")
    @CsvSource({
        "3,   .095,  .308, .393",
        "2,   .199,  .446, .644",
        "1.5, .327,  .572, .863",
        "1,   .615,  .784, 1.213",
        ".7,  .992,  .996, 1.528",
        ".5,  1.451, 1.205, 1.799",
        ".35, 2.041, 1.429, 2.045",
        ".25, 2.693, 1.641, 2.239",
        ".15, 3.874, 1.968, 2.468",
        ".1,  4.989, 2.234, 2.605",
        ".05, 7.288, 2.700, 2.768"
    })
    void frontierIsTheSpecifiedTable(double beta, double kl, double distance, double gold) {
        ExactFrontier.Point point = REVIEWS.atBeta(beta);

        assertThat(point.kl()).isEqualTo(kl, within(5.0001e-4));
        assertThat(point.distance()).isEqualTo(distance, within(5.0001e-4));
        assertThat(point.gold()).isEqualTo(gold, within(5.0001e-4));
        ExactFrontier.Point inverse = REVIEWS.atKl(point.kl());
        assertThat(inverse.beta()).isEqualTo(beta, within(1e-9));
        assertThat(inverse.gold()).isEqualTo(point.gold(), within(1e-10));
    }

    @Test
    void frontierBeginsAtTheReferenceAndEndsAtTheGreatestGold() {
        assertThat(REVIEWS.atKl(0))
                .isEqualTo(new ExactFrontier.Point(Double.POSITIVE_INFINITY, 0, REVIEWS.referenceGold()));
        assertThat(REVIEWS.maximumGold()).isBetween(2.768, 3.0);
        assertThat(REVIEWS.atKl(1e6)).isEqualTo(new ExactFrontier.Point(0, REVIEWS.maximumKl(), REVIEWS.maximumGold()));
        double previous = REVIEWS.referenceGold();
        for (double kl = 1e-9; kl < 40; kl *= 1.7) {
            double gold = REVIEWS.bestGold(kl);
            assertThat(gold).isGreaterThanOrEqualTo(previous).isLessThanOrEqualTo(REVIEWS.maximumGold());
            previous = gold;
        }
        // Near KL 0 the gain is the deviation of g times √(2·KL).
        assertThat(REVIEWS.bestGold(1e-8) - REVIEWS.referenceGold())
                .isEqualTo(REVIEWS.referenceGoldDeviation() * Math.sqrt(2e-8), within(1e-7));
        assertThatThrownBy(() -> REVIEWS.bestGold(-0.1)).hasMessageContaining("-0.1");
        assertThatThrownBy(() -> REVIEWS.bestGold(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> REVIEWS.atBeta(0)).hasMessageContaining("beta is 0.0");
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-6, 0.01, 0.3, 1, 1.6, 1.609})
    void twoLevelsHaveAClosedForm(double kl) {
        // g ∈ {−1, 2}, P(2) = .2: a policy is its mass q on 2, KL = q·ln(q/.2) + (1 − q)·ln((1 − q)/.8), at most ln 5.
        ExactFrontier.Point point =
                ExactFrontier.of(new double[] {2, -1}, new double[] {.2, .8}).atKl(kl);
        double q = (point.gold() + 1) / 3;

        assertThat(binaryKl(q, .2)).isEqualTo(kl, within(1e-9));
        assertThat(q / .2 * .8 / (1 - q))
                .isEqualTo(Math.exp(3 / point.beta()), within(1e-6 * Math.exp(3 / point.beta())));
    }

    @Test
    void noPolicyIsAboveTheFrontier() {
        double[] gold = {-1.3, -0.2, 0.1, 0.4, 0.9, 1.7, 2.2};
        double[] mass = {.2, .25, .15, .2, .1, .07, .03};
        ExactFrontier frontier = ExactFrontier.of(gold, mass);
        RandomGenerator random = new SplittableRandom(257);
        for (int trial = 0; trial < 1000; trial++) {
            double[] policy = new double[7];
            double sharpness = 4 * random.nextDouble();
            for (int k = 0; k < 7; k++) {
                policy[k] = mass[k] * Math.exp(sharpness * (random.nextGaussian() + gold[k]));
            }
            double z = Arrays.stream(policy).sum();
            double mean = 0;
            double kl = 0;
            for (int k = 0; k < 7; k++) {
                double q = policy[k] / z;
                mean += q * gold[k];
                kl += q > 0 ? q * Math.log(q / mass[k]) : 0;
            }
            assertThat(mean).isLessThanOrEqualTo(frontier.bestGold(kl) + 1e-9);
        }
    }

    /// Values of an independent implementation (NumPy, powers of the distribution function).
    @ParameterizedTest(name = "best of {0}")
    @CsvSource({
        "1,    0,                  -0.1928649617330379",
        "2,    0.1931429560799402, 0.593160901175426",
        "4,    0.6362765516780593, 1.198323705809181",
        "16,   1.835032661170184,  1.9433988349751852",
        "64,   3.174407466979885,  2.3247807933968496",
        "1000, 5.908393967294586,  2.669608973293242"
    })
    void bestOfNOfTheReviews(int n, double kl, double gold) {
        ExactFrontier.BestOfN best = REVIEWS.bestOf(n);

        assertThat(best.kl()).isEqualTo(kl, within(1e-9));
        assertThat(best.gold()).isEqualTo(gold, within(1e-9));
        assertThat(best.kl()).isLessThanOrEqualTo(Math.log(n) - (n - 1.0) / n + 1e-12);
        assertThat(best.gold()).isLessThanOrEqualTo(REVIEWS.bestGold(best.kl()) + 1e-12);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 33, 257})
    void bestOfNWithTiesHasAClosedForm(int n) {
        ExactFrontier.BestOfN best = ExactFrontier.of(new double[] {0, 1, 0}, new double[] {.5, .2, .3})
                .bestOf(n);
        double q = 1 - Math.pow(.8, n);

        assertThat(best.gold()).isEqualTo(q, within(1e-12));
        assertThat(best.kl()).isEqualTo(binaryKl(q, .2), within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"2, .19315", "4, .63629", "8, 1.20444", "16, 1.83509", "64, 3.17451", "1000, 5.90876"})
    void bestOfNWithoutTiesApproachesTheAnalyticKl(int n, double kl) {
        int levels = 200_000;
        double[] gold = new double[levels];
        double[] mass = new double[levels];
        for (int k = 0; k < levels; k++) {
            gold[k] = (k + 1.0) / levels;
            mass[k] = 1.0 / levels;
        }
        ExactFrontier.BestOfN best = ExactFrontier.of(gold, mass).bestOf(n);

        assertThat(best.kl()).isEqualTo(kl, within(1e-5));
        assertThat(best.gold()).isEqualTo(n / (n + 1.0), within(1e-5));
    }

    @Test
    void frontierShareIsTheRealisedShareOfTheAttainableGain() {
        double best = REVIEWS.bestGold(2);

        assertThat(REVIEWS.frontierShare(best, 2, -0.25)).isEqualTo(1, within(1e-12));
        assertThat(REVIEWS.frontierShare(-0.25, 2, -0.25)).isZero();
        assertThat(REVIEWS.frontierShare((best - 0.25) / 2, 2, -0.25)).isEqualTo(0.5, within(1e-12));
        assertThat(REVIEWS.frontierShare(-1.25, 2, -0.25)).isNegative();
        assertThat(REVIEWS.frontierShare(-0.2, -0.01, -0.25))
                .isEqualTo(0.05 / (REVIEWS.referenceGold() + 0.25), within(1e-12));
        assertThat(REVIEWS.frontierShare(-0.1, 0, -0.1)).isNaN();
    }

    @Test
    void distributionsAreChecked() {
        assertThatThrownBy(() -> ExactFrontier.of(new double[] {1}, new double[] {.5, .5}))
                .hasMessage("1 gold rewards, but 2 masses");
        assertThatThrownBy(() -> ExactFrontier.of(new double[] {1, 2}, new double[] {.5, .4}))
                .hasMessageContaining("0.9");
        assertThatThrownBy(() -> ExactFrontier.of(new double[] {1, Double.NaN}, new double[] {.5, .5}))
                .hasMessageContaining("outcome 1");
        assertThatThrownBy(() -> REVIEWS.bestOf(0)).hasMessageContaining("best of 0");
    }

    private static double binaryKl(double q, double p) {
        return (q > 0 ? q * Math.log(q / p) : 0) + (q < 1 ? (1 - q) * Math.log((1 - q) / (1 - p)) : 0);
    }
}
