package dev.daa.eval.report.measure;

import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Law;
import dev.daa.eval.curve.LawFit;
import dev.daa.eval.curve.PointSampler;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/// Reward against distance of all checkpoints of one objective and size, and how to draw them again.
///
/// @param curve the SFT policy's mean reward subtracted, without a seed that of the others; draws runs and, where their
///   samples were kept, prompts
/// @param origin the mean reward of the SFT policy
public record RewardCurve(SampledCurve curve, double origin) {
    public CurvePoints points() {
        return curve.points();
    }

    public int runs() {
        return points().clusters();
    }

    /// A law fitted to the gold rewards of each seed of a group by itself, by seed: runs of one seed share SFT
    /// model and pairs, so that the errors of a fit to all of them are too small. Without the seeds that do not
    /// determine it.
    public static SortedMap<Long, LawFit> fitsOfSeeds(List<Point> points, StudyGroups.Group group, Law law)
            throws IOException {
        Map<Long, List<Point>> bySeed = points.stream()
                .collect(Collectors.groupingBy(point -> point.cell().seed()));
        SortedMap<Long, LawFit> fits = new TreeMap<>();
        for (Map.Entry<Long, List<Point>> seed : bySeed.entrySet()) {
            over(Point::distance, seed.getValue(), group)
                    .flatMap(curve -> LawFit.fit(law, curve.points(), false))
                    .ifPresent(fit -> fits.put(seed.getKey(), fit));
        }
        return fits;
    }

    /// Gold reward over the root of another divergence of points that have it; runs are drawn.
    ///
    /// @param distance √nats
    public static Optional<RewardCurve> over(
            ToDoubleFunction<Point> distance, List<Point> points, StudyGroups.Group group) throws IOException {
        return of(
                points,
                group,
                distance,
                measured -> measured.rewards().gold(),
                SampledRewards.Source.none(),
                SampledRewards::gold);
    }

    /// The curve of a group; empty where nothing, or not the SFT policy, was measured.
    ///
    /// @param quantity the reward as points have it
    /// @param sampled the same of single responses
    public static Optional<RewardCurve> of(
            List<Point> points,
            StudyGroups.Group group,
            Function<Evaluation, Estimate> quantity,
            SampledRewards.Source samples,
            Function<SampledRewards, double[]> sampled)
            throws IOException {
        return of(points, group, Point::distance, quantity, samples, sampled);
    }

    private static Optional<RewardCurve> of(
            List<Point> points,
            StudyGroups.Group group,
            ToDoubleFunction<Point> distance,
            Function<Evaluation, Estimate> quantity,
            SampledRewards.Source samples,
            Function<SampledRewards, double[]> sampled)
            throws IOException {
        List<Point> starts = points.stream()
                .filter(point -> point.isStart() && point.cell().size().equals(group.size()))
                .toList();
        double origin = origin(starts, quantity);
        List<Point> members = points.stream()
                .filter(point -> point.cell().objective().equals(group.objective())
                        && point.cell().size().equals(group.size()))
                .filter(point ->
                        Double.isFinite(quantity.apply(point.evaluation()).mean())
                                && Double.isFinite(point.kl().mean()))
                .toList();
        if (Double.isNaN(origin) || members.isEmpty()) {
            return Optional.empty();
        }
        List<String> runs =
                members.stream().map(point -> point.cell().run()).distinct().toList();
        CurvePoints curve = new CurvePoints(
                members.stream().mapToDouble(distance).toArray(),
                members.stream()
                        .mapToDouble(point -> quantity.apply(point.evaluation()).mean() - origin)
                        .toArray(),
                new double[0],
                members.stream()
                        .mapToInt(point -> runs.indexOf(point.cell().run()))
                        .toArray());
        PointSampler sampler = SampledRewards.sampler(samples, starts, members, curve.cluster(), sampled)
                .orElseGet(() -> PointSampler.ofClusters(curve));
        SortedMap<Long, CurvePoints> withoutSeed = new TreeMap<>();
        SampledCurve.of(
                        curve,
                        members.stream().mapToLong(point -> point.cell().seed()).toArray())
                .withoutSeed()
                .forEach((seed, left) -> {
                    double others = origin(
                            starts.stream()
                                    .filter(start -> start.cell().seed() != seed)
                                    .toList(),
                            quantity);
                    withoutSeed.put(seed, left.raisedBy(Double.isNaN(others) ? 0 : origin - others));
                });
        return Optional.of(new RewardCurve(new SampledCurve(curve, sampler, withoutSeed), origin));
    }

    private static double origin(List<Point> starts, Function<Evaluation, Estimate> quantity) {
        return starts.stream()
                .mapToDouble(point -> quantity.apply(point.evaluation()).mean())
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }
}
