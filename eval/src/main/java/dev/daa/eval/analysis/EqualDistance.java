package dev.daa.eval.analysis;

import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.SampledCurve;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/// Two clouds of checkpoints compared at equal distance, without a law: each is smoothed over d = √KL by local linear
/// regression with a Gaussian kernel, and their difference is averaged over the distances that both cover.
///
/// @param difference mean of first − second, in units of the reward
/// @param interval 95 %, the wider one of both clouds' runs drawn again independently, and of each seed left out of
///   both in turn ([Interval#of(double[], int, double[])]); empty where there is neither
/// @param seeds that both clouds have: of one, the interval holds for the seeds there are
/// @param from nearest distance compared, √nats
/// @param to farthest
public record EqualDistance(double difference, Optional<Interval> interval, int seeds, double from, double to) {
    /// Standard deviation of the kernel with which reports smooth, √nats.
    public static final double BANDWIDTH = 0.25;
    /// Distances beyond are not compared in reports: there every run has long collapsed.
    public static final double FARTHEST = 4;

    private static final int STEPS = 24;
    private static final double SUPPORT = 2;

    /// The comparison; empty where the clouds have no distance in common.
    ///
    /// @param bandwidth standard deviation of the kernel, √nats
    /// @param farthest beyond which nothing is compared, √nats
    public static Optional<EqualDistance> of(
            SampledCurve first, SampledCurve second, double bandwidth, double farthest, int replicas, long seed) {
        double from = Math.max(least(first.points()), least(second.points()));
        double to = Math.min(farthest, Math.min(greatest(first.points()), greatest(second.points())));
        if (!(to > from)) {
            return Optional.empty();
        }
        double[] grid = IntStream.rangeClosed(0, STEPS)
                .mapToDouble(k -> from + (to - from) * k / STEPS)
                .toArray();
        double difference = difference(first.points(), second.points(), grid, bandwidth);
        if (Double.isNaN(difference)) {
            return Optional.empty();
        }
        int clusters = Math.min(first.points().clusters(), second.points().clusters());
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        double[] draws = IntStream.range(0, clusters < Interval.LEAST_CLUSTERS ? 0 : replicas)
                .mapToDouble(_ -> difference(
                        first.sampler().draw(random), second.sampler().draw(random), grid, bandwidth))
                .filter(Double::isFinite)
                .toArray();
        Set<Long> seeds = new TreeSet<>(first.withoutSeed().keySet());
        seeds.retainAll(second.withoutSeed().keySet());
        return Optional.of(new EqualDistance(
                difference,
                Interval.of(draws, clusters, withoutSeed(seeds, first, second, grid, bandwidth)),
                Math.max(1, seeds.size()),
                from,
                to));
    }

    /// The difference without each of the seeds in turn; none where some seed's absence leaves nothing to compare.
    private static double[] withoutSeed(
            Set<Long> seeds, SampledCurve first, SampledCurve second, double[] grid, double bandwidth) {
        double[] differences = seeds.stream()
                .mapToDouble(seed -> difference(
                        Objects.requireNonNull(first.withoutSeed().get(seed)),
                        Objects.requireNonNull(second.withoutSeed().get(seed)),
                        grid,
                        bandwidth))
                .toArray();
        return Arrays.stream(differences).allMatch(Double::isFinite) ? differences : new double[0];
    }

    private static double difference(CurvePoints first, CurvePoints second, double[] grid, double bandwidth) {
        return mean(smooth(first, grid, bandwidth), smooth(second, grid, bandwidth));
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
