package dev.daa.eval.analysis;

import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.PointSampler;
import java.util.Arrays;
import java.util.Optional;

/// y = intercept + slope·x by least squares.
///
/// @param intercept 0 for a line through the origin
/// @param rSquared share of y's variation that the line explains: 1 − RSS/Σ(y − ȳ)² with an intercept, 1 − RSS/Σy²
///   through the origin. The two have different denominators and do not compare
/// @param slopeError standard error of the slope, residuals taken as independent and alike
/// @param points n
public record LineFit(double slope, double intercept, double rSquared, double slopeError, int points) {
    /// The line through all points' mean; empty where x or y does not vary.
    public static Optional<LineFit> withIntercept(double[] x, double[] y) {
        int n = same(x, y);
        double meanX = Arrays.stream(x).average().orElse(0);
        double meanY = Arrays.stream(y).average().orElse(0);
        double xx = 0;
        double xy = 0;
        double yy = 0;
        for (int i = 0; i < n; i++) {
            xx += (x[i] - meanX) * (x[i] - meanX);
            xy += (x[i] - meanX) * (y[i] - meanY);
            yy += (y[i] - meanY) * (y[i] - meanY);
        }
        if (n < 3 || !(xx > 0) || !(yy > 0)) {
            return Optional.empty();
        }
        double slope = xy / xx;
        double residual = Math.max(0, yy - slope * xy);
        return Optional.of(
                new LineFit(slope, meanY - slope * meanX, xy * xy / (xx * yy), Math.sqrt(residual / (n - 2) / xx), n));
    }

    /// The line through (0, 0); empty where all x or all y are 0.
    public static Optional<LineFit> throughOrigin(double[] x, double[] y) {
        int n = same(x, y);
        double xx = 0;
        double xy = 0;
        double yy = 0;
        for (int i = 0; i < n; i++) {
            xx += x[i] * x[i];
            xy += x[i] * y[i];
            yy += y[i] * y[i];
        }
        if (n < 2 || !(xx > 0) || !(yy > 0)) {
            return Optional.empty();
        }
        double slope = xy / xx;
        double residual = Math.max(0, yy - slope * xy);
        return Optional.of(new LineFit(slope, 0, xy * xy / (xx * yy), Math.sqrt(residual / (n - 1) / xx), n));
    }

    /// 95 % bootstrap interval of the slope of [#withIntercept], whole clusters drawn with replacement; empty with
    /// fewer than [Interval#LEAST_CLUSTERS] clusters, and where fewer than half of the replicas have a line.
    public static Optional<Interval> slopeInterval(CurvePoints points, int replicas, long seed) {
        double[] slopes = PointSampler.clusterReplicas(points, replicas, seed).stream()
                .flatMap(drawn -> withIntercept(drawn.distance(), drawn.reward()).stream())
                .mapToDouble(LineFit::slope)
                .toArray();
        return slopes.length == 0 || 2 * slopes.length < replicas
                ? Optional.empty()
                : Interval.ofClusters(slopes, points.clusters());
    }

    private static int same(double[] x, double[] y) {
        if (x.length != y.length) {
            throw new IllegalArgumentException(x.length + " values of x, but " + y.length + " of y");
        }
        return x.length;
    }
}
