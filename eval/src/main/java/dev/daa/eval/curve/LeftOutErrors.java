package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/// What a law misses of points that it was not fitted to: each cluster predicted from a fit to the others. With each
/// point a cluster of its own this is leave-one-out.
///
/// @param squares `[clusters]` Σ(reward − prediction)² of a cluster's points, clusters in order of appearance
/// @param points over all clusters
public record LeftOutErrors(double[] squares, int points) {
    /// Empty where some fit without a cluster is not determined.
    ///
    /// @param fit R(d) fitted to points
    static Optional<LeftOutErrors> of(CurvePoints points, Function<CurvePoints, Optional<DoubleUnaryOperator>> fit) {
        int[] clusters = Arrays.stream(points.cluster()).distinct().toArray();
        double[] squares = new double[clusters.length];
        for (int c = 0; c < clusters.length; c++) {
            Optional<DoubleUnaryOperator> law = fit.apply(points.at(positions(points, clusters[c], false)));
            if (law.isEmpty()) {
                return Optional.empty();
            }
            for (int position : positions(points, clusters[c], true)) {
                double residual = points.reward()[position] - law.get().applyAsDouble(points.distance()[position]);
                squares[c] += residual * residual;
            }
        }
        return points.size() == 0 ? Optional.empty() : Optional.of(new LeftOutErrors(squares, points.size()));
    }

    /// Root mean squared error over all points.
    public double rmse() {
        return Math.sqrt(Arrays.stream(squares).sum() / points);
    }

    /// The squares as a list.
    public List<Double> byCluster() {
        return Arrays.stream(squares).boxed().toList();
    }

    private static int[] positions(CurvePoints points, int cluster, boolean inside) {
        int[] positions = new int[points.size()];
        int count = 0;
        for (int i = 0; i < positions.length; i++) {
            if ((points.cluster()[i] == cluster) == inside) {
                positions[count++] = i;
            }
        }
        return Arrays.copyOf(positions, count);
    }
}
