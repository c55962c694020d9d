package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/// A 95 % interval from bootstrap draws, by nearest rank outwards, or from seeds left out; an end may be infinite where
/// draws are.
///
/// @param error the standard error that goes with it: half of the width over the 97.5 % quantile of Student's t of as
///   many clusters, or the jackknife's over seeds where that is greater
public record Interval(double low, double high, double error) {
    /// Clusters that [#ofClusters] takes at least. The rarest replica of n clusters, one of them n times, has the
    /// probability n⁻ⁿ: with 5 it is rarer than the tail asked for (0.0003 < 0.0009), with 4 it is not (0.0039 >
    /// 0.0001), so that no number of draws reaches that far.
    public static final int LEAST_CLUSTERS = 5;

    private static final double TAIL = 0.025;

    /// The central 95 % of draws that are not NaN; at least one.
    public static Interval of(double[] draws) {
        return of(draws, TAIL, new NormalDistribution(0, 1).inverseCumulativeProbability(1 - TAIL));
    }

    /// The expanded percentile interval of draws that resample whole clusters (Hesterberg 2015, arXiv 1411.5279):
    /// the quantiles at [#tail], since the plain ones are those of a normal distribution whose variance was divided
    /// by n instead of n − 1. Empty for fewer clusters than [#LEAST_CLUSTERS].
    ///
    /// @param draws not NaN; at least one
    /// @param clusters that a replica draws from; of two samples, the fewer
    public static Optional<Interval> ofClusters(double[] draws, int clusters) {
        return clusters < LEAST_CLUSTERS ? Optional.empty() : Optional.of(of(draws, tail(clusters), student(clusters)));
    }

    /// Φ(−√(n/(n − 1))·t), t the 97.5 % quantile of Student's t with n − 1 degrees of freedom.
    static double tail(int clusters) {
        return new NormalDistribution(0, 1)
                .cumulativeProbability(-student(clusters) * Math.sqrt(clusters / (clusters - 1.0)));
    }

    static double student(int values) {
        return new TDistribution(values - 1).inverseCumulativeProbability(1 - TAIL);
    }

    /// @param errors standard errors from the middle to either end
    private static Interval of(double[] draws, double tail, double errors) {
        double[] sorted = draws.clone();
        Arrays.sort(sorted);
        int last = sorted.length - 1;
        double low = sorted[(int) Math.floor(tail * last)];
        double high = sorted[(int) Math.ceil((1 - tail) * last)];
        return new Interval(low, high, (high - low) / 2 / errors);
    }

    /// The interval of something fitted to runs: the wider one of the replicas' ([#ofClusters]) and of Student's t
    /// over seeds ([#overSeeds]), since replicas of runs do not know what the runs of a seed have in common; where
    /// there is but one of the two, that one.
    ///
    /// @param draws none, or as [#ofClusters] takes them
    /// @param withoutSeed as [#overSeeds] takes them
    public static Optional<Interval> of(double[] draws, int clusters, double[] withoutSeed) {
        Optional<Interval> overRuns = draws.length == 0 ? Optional.empty() : ofClusters(draws, clusters);
        Optional<Interval> overSeeds = overSeeds(withoutSeed);
        return overRuns.flatMap(runs -> overSeeds.map(runs::hull))
                .or(() -> overRuns)
                .or(() -> overSeeds);
    }

    /// Student's t over seeds by the jackknife, mean ± t·√((n − 1)/n·Σ(x − mean)²), n − 1 degrees of freedom; from
    /// the least value up without end where one is infinite. Empty for fewer than two seeds.
    ///
    /// @param withoutSeed `[n]` a quantity of all seeds but one, each left out in turn; not NaN
    static Optional<Interval> overSeeds(double[] withoutSeed) {
        int n = withoutSeed.length;
        if (n < 2) {
            return Optional.empty();
        }
        double mean = Arrays.stream(withoutSeed).average().orElseThrow();
        if (!Double.isFinite(mean)) {
            return Optional.of(new Interval(
                    Arrays.stream(withoutSeed).min().orElseThrow(),
                    Double.POSITIVE_INFINITY,
                    Double.POSITIVE_INFINITY));
        }
        double squares = Arrays.stream(withoutSeed)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        double error = Math.sqrt((n - 1.0) / n * squares);
        double half = student(n) * error;
        return Optional.of(new Interval(mean - half, mean + half, error));
    }

    private Interval hull(Interval other) {
        return new Interval(Math.min(low, other.low), Math.max(high, other.high), Math.max(error, other.error));
    }

    /// The part of it that a quantity can take which is never below `least`.
    Interval from(double least) {
        return new Interval(Math.max(low, least), Math.max(high, least), error);
    }

    /// That of the quantity times −1.
    Interval negative() {
        return new Interval(-high, -low, error);
    }

    /// Whether both ends are finite.
    public boolean isFinite() {
        return Double.isFinite(low) && Double.isFinite(high);
    }

    public boolean contains(double value) {
        return low <= value && value <= high;
    }
}
