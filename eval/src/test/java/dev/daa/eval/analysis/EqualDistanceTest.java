package dev.daa.eval.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.SampledCurve;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EqualDistanceTest {
    /// Local linear regression gives back a straight line exactly, whatever the bandwidth and the spacing.
    @Test
    void aStraightLineIsKept() {
        CurvePoints line = cloud(new Random(1), 40, 0.2, 3, 0, d -> 2 - 0.7 * d);
        double[] grid = {0.5, 1, 2.2, 2.9};
        double[] smooth = EqualDistance.smooth(line, grid, 0.25);
        for (int k = 0; k < grid.length; k++) {
            assertThat(smooth[k]).isCloseTo(2 - 0.7 * grid[k], within(1e-9));
        }
    }

    @Test
    void nothingIsSaidBeyondThePoints() {
        CurvePoints line = cloud(new Random(1), 40, 1, 2, 0, d -> d);
        assertThat(EqualDistance.smooth(line, new double[] {0.4, 0.99 * 0.9, 2.1, 9}, 0.25))
                .containsOnly(Double.NaN);
    }

    /// Two clouds on parallel curves differ by their gap, at whatever distances each was measured, and the interval
    /// covers it about as often as it says.
    @Test
    void parallelCurvesDifferByTheirGap() {
        int trials = 60;
        int covered = 0;
        double sum = 0;
        for (int trial = 0; trial < trials; trial++) {
            Random random = new Random(trial);
            CurvePoints upper = cloud(random, 60, 0.2, 2.5, 0.2, d -> d * (1.5 - Math.log(d)) + 0.3);
            CurvePoints lower = cloud(random, 60, 0.6, 4, 0.2, d -> d * (1.5 - Math.log(d)));
            EqualDistance compared = compare(upper, lower).orElseThrow();
            assertThat(compared.from()).isGreaterThan(0.59);
            assertThat(compared.to()).isLessThan(2.51);
            sum += compared.difference();
            covered += compared.interval().orElseThrow().contains(0.3) ? 1 : 0;
        }
        assertThat(sum / trials).isCloseTo(0.3, within(0.03));
        assertThat(covered).isBetween(48, 60);
    }

    @Test
    void cloudsWithoutACommonDistanceDoNotCompare() {
        Random random = new Random(2);
        assertThat(compare(cloud(random, 20, 0.2, 1, 0, d -> d), cloud(random, 20, 1.5, 2, 0, d -> d)))
                .isEmpty();
    }

    /// The smaller of two clouds decides whether there is an interval, and how wide it is.
    @Test
    void theSmallerCloudCounts() {
        CurvePoints many = cloud(new Random(3), 60, 0.2, 2, 0.2, d -> d);
        for (int clusters : new int[] {4, 5}) {
            CurvePoints few = new CurvePoints(
                    many.distance(),
                    many.reward(),
                    new double[0],
                    IntStream.range(0, 60).map(i -> i % clusters).toArray());
            assertThat(compare(many, few).orElseThrow().interval().isPresent()).isEqualTo(clusters == 5);
            assertThat(compare(few, many).orElseThrow().interval().isPresent()).isEqualTo(clusters == 5);
        }
    }

    /// Seeds at 0.1, 0.3 and 0.8 above the other cloud, whatever the run: without a seed the difference is the mean
    /// of the others, so the interval is Student's of three numbers, 0.4 ± 4.303·s/√3, s² = 0.13. Four runs of each
    /// seed are twelve that replicas take for independent; one of each are too few for replicas.
    @Test
    void seedsAreLeftOutOfBothClouds() {
        double half = 4.302653 * Math.sqrt(0.13 / 3);
        for (int runs : new int[] {1, 4}) {
            EqualDistance compared = EqualDistance.of(
                            seeded(runs, 0.1, 0.3, 0.8), seeded(runs, 0, 0, 0), 0.25, 4, 200, 1)
                    .orElseThrow();
            Interval interval = compared.interval().orElseThrow();
            assertThat(compared.seeds()).isEqualTo(3);
            assertThat(interval.low()).isCloseTo(0.4 - half, within(1e-6));
            assertThat(interval.high()).isCloseTo(0.4 + half, within(1e-6));
        }
        // What both clouds of a seed have in common is no error of their difference.
        Interval paired = EqualDistance.of(seeded(1, 0.1, 0.3, 0.8), seeded(1, 0.1, 0.3, 0.8), 0.25, 4, 200, 1)
                .orElseThrow()
                .interval()
                .orElseThrow();
        assertThat(paired.low()).isCloseTo(0, within(1e-9));
        assertThat(paired.high()).isCloseTo(0, within(1e-9));
    }

    /// In a study that lacks cells, a seed of one cloud alone tells nothing of how a difference varies over seeds:
    /// with seeds 0.1 and 0.3 in common the intervals are Student's t of two numbers, 12.706·s/√2.
    @Test
    void seedsThatOneCloudLacksDoNotCount() {
        SampledCurve two = seeded(1, 0, 0);
        EqualDistance compared =
                EqualDistance.of(seeded(1, 0.1, 0.3, 0.2), two, 0.25, 4, 200, 1).orElseThrow();
        assertThat(compared.seeds()).isEqualTo(2);
        Interval interval = compared.interval().orElseThrow();
        // Without seed 0 the others' mean is 0.25, without seed 1 it is 0.15: √(½·2·0.05²) = 0.05.
        assertThat(interval.high() - interval.low()).isCloseTo(2 * 12.7062 * 0.05, within(1e-4));
        SampledCurve one = seeded(1, 0.1);
        for (EqualDistance single : List.of(
                EqualDistance.of(one, two, 0.25, 4, 200, 1).orElseThrow(),
                EqualDistance.of(two, one, 0.25, 4, 200, 1).orElseThrow())) {
            assertThat(single.seeds()).isEqualTo(1);
            assertThat(single.interval()).isEmpty();
        }
    }

    /// Runs at the same distances on a line, each seed's raised by a number of its own.
    private static SampledCurve seeded(int runs, double... above) {
        int steps = 8;
        int n = above.length * runs * steps;
        double[] distance = new double[n];
        double[] reward = new double[n];
        int[] cluster = new int[n];
        long[] seed = new long[n];
        for (int i = 0; i < n; i++) {
            cluster[i] = i / steps;
            seed[i] = i / steps / runs;
            distance[i] = 0.3 * (1 + i % steps);
            reward[i] = distance[i] + above[(int) seed[i]];
        }
        return SampledCurve.of(new CurvePoints(distance, reward, new double[0], cluster), seed);
    }

    private static Optional<EqualDistance> compare(CurvePoints first, CurvePoints second) {
        return EqualDistance.of(SampledCurve.of(first), SampledCurve.of(second), 0.25, 4, 200, 1);
    }

    private static CurvePoints cloud(
            Random random, int points, double from, double to, double noise, DoubleUnaryOperator reward) {
        double[] distance = new double[points];
        double[] rewards = new double[points];
        for (int i = 0; i < points; i++) {
            distance[i] = from + (to - from) * random.nextDouble();
            rewards[i] = reward.applyAsDouble(distance[i]) + noise * random.nextGaussian();
        }
        return CurvePoints.of(distance, rewards);
    }
}
