package dev.daa.eval.report.measure;

import dev.daa.eval.record.Point;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.ranking.NaturalRanking;

/// Rank correlation of two quantities over checkpoints, seed by seed: runs of one seed share SFT model and pairs.
///
/// Within a seed each group's values are replaced by their ranks, centred and scaled to the group, then all groups are
/// correlated together, so that differences between groups do not count. The value is the mean over seeds.
///
/// The 95 % interval is Student's t over seeds, within [−1, 1], and all of that with fewer than two seeds. A seed
/// counts from five points on: the few orders of fewer points agree between seeds by chance, which looks like
/// certainty.
///
/// @param bySeed the seeds that have a coefficient
public record RankCorrelation(SortedMap<Long, Double> bySeed, double low, double high) {
    /// How findings describe it.
    public static final String RULE = "Correlations are of each seed by itself, and the interval of their mean is"
            + " Student's t over seeds. It takes two seeds.";

    /// Points of a seed.
    public static final int LEAST_POINTS = 5;

    /// Over the points of all seeds.
    ///
    /// @param group within which values are ranked
    public static RankCorrelation of(
            Collection<Point> points,
            Function<Point, Object> group,
            ToDoubleFunction<Point> x,
            ToDoubleFunction<Point> y) {
        SortedMap<Long, Double> bySeed = new TreeMap<>();
        points.stream()
                .collect(Collectors.groupingBy(point -> point.cell().seed()))
                .forEach((seed, members) -> {
                    double r = ofOneSeed(members, group, x, y);
                    if (!Double.isNaN(r)) {
                        bySeed.put(seed, r);
                    }
                });
        Optional<SeedMean> spread = SeedMean.of(List.copyOf(bySeed.values()));
        return new RankCorrelation(
                bySeed,
                Math.max(-1, spread.map(SeedMean::low).orElse(-1.0)),
                Math.min(1, spread.map(SeedMean::high).orElse(1.0)));
    }

    /// The mean over seeds; NaN where none has a coefficient.
    public double value() {
        return bySeed.values().stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(Double.NaN);
    }

    /// The mean difference from another, of the seeds that have both.
    public Optional<SeedMean> minus(RankCorrelation other) {
        List<Double> differences = new ArrayList<>();
        bySeed.forEach((seed, r) -> {
            Double subtrahend = other.bySeed.get(seed);
            if (subtrahend != null) {
                differences.add(r - subtrahend);
            }
        });
        return SeedMean.of(differences);
    }

    private static double ofOneSeed(
            List<Point> points, Function<Point, Object> group, ToDoubleFunction<Point> x, ToDoubleFunction<Point> y) {
        if (points.size() < LEAST_POINTS) {
            return Double.NaN;
        }
        Map<Object, List<Point>> groups =
                points.stream().collect(Collectors.groupingBy(group, LinkedHashMap::new, Collectors.toList()));
        List<Double> left = new ArrayList<>();
        List<Double> right = new ArrayList<>();
        for (List<Point> members : groups.values()) {
            addCentredRanks(members.stream().mapToDouble(x).toArray(), left);
            addCentredRanks(members.stream().mapToDouble(y).toArray(), right);
        }
        return new PearsonsCorrelation().correlation(array(left), array(right));
    }

    private static void addCentredRanks(double[] values, List<Double> ranks) {
        double middle = (values.length + 1) / 2.0;
        for (double rank : new NaturalRanking().rank(values)) {
            ranks.add((rank - middle) / values.length);
        }
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /// "+0.32 (95 % interval +0.16 to +0.49)".
    @Override
    public String toString() {
        return Words.signed(value(), 2) + " (95 % interval " + Words.signed(low, 2) + " to " + Words.signed(high, 2)
                + ")";
    }
}
