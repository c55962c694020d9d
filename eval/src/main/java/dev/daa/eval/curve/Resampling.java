package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// The points of a curve drawn again, from which intervals of whatever is fitted to them are taken.
///
/// @param replicas of whole runs; none where they are too few for an interval
/// @param clusters that the replicas draw from
/// @param withoutSeed the points without one seed, each in turn; none of a single seed
public record Resampling(List<CurvePoints> replicas, int clusters, Collection<CurvePoints> withoutSeed) {

    /// 95 % intervals of fitted numbers.
    ///
    /// @param interval one of each number; those by replicas alone are missing without replicas
    /// @param draws replicas used
    /// @param overSeeds whether they are no narrower than the jackknife over seeds
    record Intervals(Interval[] interval, int draws, boolean overSeeds) {}

    /// Intervals of numbers that are fitted to points ([Interval#of(double[], int, double[])]); over replicas alone
    /// where a seed's absence leaves the fit undetermined, and over seeds alone where fewer than half of the
    /// replicas determine it. Empty without either.
    ///
    /// @param fit the numbers, always as many; empty where points do not determine them
    /// @param numbers how many of them, from the first on, are asked of the jackknife too
    Optional<Intervals> intervals(Function<CurvePoints, Optional<double[]>> fit, int numbers) {
        double[][] drawn =
                replicas.stream().flatMap(points -> fit.apply(points).stream()).toArray(double[][]::new);
        double[][] left = withoutSeed.stream()
                .flatMap(points -> fit.apply(points).stream())
                .toArray(double[][]::new);
        boolean tooFew = clusters < Interval.LEAST_CLUSTERS || 2 * drawn.length < replicas.size();
        double[][] draws = tooFew ? new double[0][] : drawn;
        boolean overSeeds = left.length > 1 && left.length == withoutSeed.size();
        if (draws.length == 0 && !overSeeds) {
            return Optional.empty();
        }
        int count = draws.length == 0 ? numbers : draws[0].length;
        Interval[] intervals = new Interval[count];
        for (int k = 0; k < count; k++) {
            intervals[k] = Interval.of(
                            column(draws, k), clusters, overSeeds && k < numbers ? column(left, k) : new double[0])
                    .orElseThrow();
        }
        return Optional.of(new Intervals(intervals, draws.length, overSeeds));
    }

    private static double[] column(double[][] rows, int k) {
        return Arrays.stream(rows).mapToDouble(row -> row[k]).toArray();
    }
}
