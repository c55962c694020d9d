package dev.daa.eval.report.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankCorrelationTest {
    private final List<Point> points = new ArrayList<>();

    private void point(long seed, double beta, double x, double y) {
        Point.Cell cell = new Point.Cell("dpo-" + beta + "-" + seed, "dpo", beta, "S", 100, seed);
        points.add(new Point(
                cell,
                points.size(),
                1,
                new Evaluation(
                        Evaluation.Kl.of(new Estimate(1, 0.1)),
                        Evaluation.Rewards.of(new Estimate(y, 0.1), Estimate.MISSING, Concordance.MISSING),
                        new Evaluation.HeldOut(x, Double.NaN, Double.NaN, Double.NaN),
                        Evaluation.Responses.of(64))));
    }

    private void points(long seed, double beta, double[] x, double[] y) {
        for (int k = 0; k < x.length; k++) {
            point(seed, beta, x[k], y[k]);
        }
    }

    private RankCorrelation correlation(boolean withinBeta) {
        return RankCorrelation.of(
                points,
                point -> withinBeta ? point.cell().beta() : "all",
                point -> point.evaluation().heldOut().accuracy(),
                point -> point.gold().mean());
    }

    @Test
    void differencesBetweenGroupsDoNotCount() {
        // Within each group the ranks are opposite; pooled without groups they would agree.
        points(1, 0.1, new double[] {1, 2, 3, 4, 5}, new double[] {5, 4, 3, 2, 1});
        points(1, 0.2, new double[] {11, 12, 13, 14, 15}, new double[] {15, 14, 13, 12, 10});
        assertThat(correlation(true).value()).isCloseTo(-1, within(1e-12));
        assertThat(correlation(false).value()).isPositive();
        assertThat(List.of(correlation(true).low(), correlation(true).high()))
                .as("one seed")
                .containsExactly(-1.0, 1.0);
    }

    /// Ranks 1 2 3 4 5 and 2 1 4 3 5 differ by squares of sum 4: r = 1 − 6·4/(5·24) = 0.8; 1 2 3 5 4 by 2: 0.9;
    /// equal ones 1. The mean of the three is 0.9 ± 4.3027·0.1/√3 = 0.6516, 1.1484, of which 1 is the end.
    @Test
    void theMeanOfSeedsHasStudentsInterval() {
        double[] x = {1, 2, 3, 4, 5};
        points(1, 0.1, x, new double[] {20, 10, 40, 30, 50});
        points(2, 0.1, x, new double[] {10, 20, 30, 50, 40});
        points(3, 0.1, x, x);
        points(4, 0.1, new double[] {1, 2, 3, 4}, new double[] {4, 3, 2, 1}); // too few to count
        RankCorrelation r = correlation(false);
        assertThat(r.bySeed()).containsOnlyKeys(1L, 2L, 3L);
        assertThat(r.value()).isCloseTo(0.9, within(1e-12));
        assertThat(r.low()).isCloseTo(0.6516, within(1e-4));
        assertThat(r.high()).isEqualTo(1);
        assertThat(r.minus(r))
                .hasValueSatisfying(none -> assertThat(none.mean()).isZero());
    }

    /// Accuracy and gold have nothing to do with each other, and what the runs of a seed have in common is all that
    /// sets runs apart. Pooled over seeds, with Fisher's interval that counts every run, 12 % were false.
    @Test
    void seedsThatMoveTogetherShowNoCorrelation() {
        Random random = new Random(5);
        int studies = 1000;
        int wrong = 0;
        for (int study = 0; study < studies; study++) {
            points.clear();
            for (long seed = 1; seed <= 3; seed++) {
                double accuracy = random.nextGaussian();
                double gold = random.nextGaussian();
                for (int run = 0; run < 4; run++) {
                    for (int k = 0; k < 5; k++) {
                        point(seed, run, accuracy + 0.65 * random.nextGaussian(), gold + 0.65 * random.nextGaussian());
                    }
                }
            }
            RankCorrelation r = correlation(false);
            wrong += r.low() > 0 || r.high() < 0 ? 1 : 0;
        }
        assertThat(wrong / (double) studies).isBetween(0.02, 0.07);
    }
}
