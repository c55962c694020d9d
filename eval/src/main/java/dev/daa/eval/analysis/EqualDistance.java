package dev.daa.eval.analysis;

import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.PointSampler;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/// Two clouds of checkpoints compared at equal distance, without a law: each is smoothed over d = √KL by local linear
/// regression with a Gaussian kernel, and their difference is averaged over the distances that both cover.
///
/// @param difference mean of first − second, in units of the reward
/// @param interval 95 %, both clouds drawn again independently; empty where either has too few clusters for one
/// @param from nearest distance compared, √nats
/// @param to farthest
public record EqualDistance(double difference, Optional<Interval> interval, double from, double to) {
    private static final int STEPS = 24;
    private static final double SUPPORT = 2;

    /// The comparison; empty where the clouds have no distance in common.
    ///
    /// @param bandwidth standard deviation of the kernel, √nats
    /// @param farthest beyond which nothing is compared, √nats
    public static Optional<EqualDistance> of(
            CurvePoints first,
            PointSampler firstSampler,
            CurvePoints second,
            PointSampler secondSampler,
            double bandwidth,
            double farthest,
            int replicas,
            long seed) {
        double from = Math.max(least(first), least(second));
        double to = Math.min(farthest, Math.min(greatest(first), greatest(second)));
        if (!(to > from)) {
            return Optional.empty();
        }
        double[] grid = IntStream.rangeClosed(0, STEPS)
                .mapToDouble(k -> from + (to - from) * k / STEPS)
                .toArray();
        double difference = mean(smooth(first, grid, bandwidth), smooth(second, grid, bandwidth));
        if (Double.isNaN(difference)) {
            return Optional.empty();
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        double[] draws = IntStream.range(0, replicas)
                .mapToDouble(_ -> mean(
                        smooth(firstSampler.draw(random), grid, bandwidth),
                        smooth(secondSampler.draw(random), grid, bandwidth)))
                .filter(Double::isFinite)
                .toArray();
        return draws.length == 0
                ? Optional.empty()
                : Optional.of(new EqualDistance(
                        difference,
                        Interval.ofClusters(draws, Math.min(first.clusters(), second.clusters())),
                        from,
                        to));
    }

    /// Local linear regression of reward on distance at each point of the grid; NaN where fewer than two points lie
    /// within two bandwidths, or none on either side.
    public static double[] smooth(CurvePoints points, double[] grid, double bandwidth) {
        return Arrays.stream(grid).map(at -> smooth(points, at, bandwidth)).toArray();
    }

    private static double smooth(CurvePoints points, double at, double bandwidth) {
        double w = 0;
        double wx = 0;
        double wy = 0;
        double wxx = 0;
        double wxy = 0;
        int near = 0;
        boolean left = false;
        boolean right = false;
        for (int i = 0; i < points.size(); i++) {
            double x = points.distance()[i] - at;
            double weight = Math.exp(-0.5 * x * x / bandwidth / bandwidth);
            double y = points.reward()[i];
            w += weight;
            wx += weight * x;
            wy += weight * y;
            wxx += weight * x * x;
            wxy += weight * x * y;
            boolean close = Math.abs(x) <= SUPPORT * bandwidth;
            near += close ? 1 : 0;
            left |= close && x <= 0;
            right |= close && x >= 0;
        }
        if (near < 2 || !left || !right) {
            return Double.NaN;
        }
        double determinant = w * wxx - wx * wx;
        return determinant > 1e-9 * w * w * bandwidth * bandwidth ? (wxx * wy - wx * wxy) / determinant : wy / w;
    }

    private static double mean(double[] first, double[] second) {
        return IntStream.range(0, first.length)
                .mapToDouble(k -> first[k] - second[k])
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }

    private static double least(CurvePoints points) {
        return Arrays.stream(points.distance()).min().orElse(Double.POSITIVE_INFINITY);
    }

    private static double greatest(CurvePoints points) {
        return Arrays.stream(points.distance()).max().orElse(Double.NEGATIVE_INFINITY);
    }
}
