package dev.daa.eval.report.measure;

import dev.daa.eval.analysis.FurthestAccurateKl;
import dev.daa.eval.curve.LawFit;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A reward model of one name and policy size, over seeds, with the policies that optimise it.
///
/// @param rows one a seed
/// @param policies their checkpoints, whatever the method
/// @param fits of the study
/// @param fitsOfSeeds the law of each method fitted to each seed's own policies
/// @param curves gold reward over distance of the policies by each method
public record RewardModel(
        String name,
        String policySize,
        List<ProxyRow> rows,
        List<Point> policies,
        List<FittedLaw> fits,
        Map<Method, SortedMap<Long, LawFit>> fitsOfSeeds,
        Map<Method, RewardCurve> curves) {
    /// The ways to optimise one that are compared.
    public static final List<Method> METHODS = List.of(Method.BEST_OF_N, Method.REINFORCEMENT);

    /// All of a study, by size, then by comparisons.
    public static List<RewardModel> of(StudyData data) throws IOException {
        Map<List<String>, List<ProxyRow>> byName = new LinkedHashMap<>();
        for (ProxyRow row : data.proxies()) {
            byName.computeIfAbsent(List.of(row.proxy(), row.policySize()), _ -> new ArrayList<>())
                    .add(row);
        }
        List<RewardModel> models = new ArrayList<>();
        for (Map.Entry<List<String>, List<ProxyRow>> entry : byName.entrySet()) {
            models.add(of(data, entry.getKey().get(0), entry.getKey().get(1), entry.getValue()));
        }
        models.sort(Comparator.comparingLong(RewardModel::parameters).thenComparingLong(RewardModel::pairs));
        return List.copyOf(models);
    }

    private static RewardModel of(StudyData data, String name, String policySize, List<ProxyRow> rows)
            throws IOException {
        List<Point> policies = data.points().stream()
                .filter(point ->
                        point.cell().proxy().equals(name) && point.cell().size().equals(policySize))
                .toList();
        Map<Method, SortedMap<Long, LawFit>> fitsOfSeeds = new EnumMap<>(Method.class);
        Map<Method, RewardCurve> curves = new EnumMap<>(Method.class);
        for (StudyGroups.Group group : StudyGroups.of(policies).groups()) {
            if (METHODS.contains(group.method()) && !fitsOfSeeds.containsKey(group.method())) {
                fitsOfSeeds.put(
                        group.method(),
                        RewardCurve.fitsOfSeeds(
                                data.points(), group, group.method().law()));
                RewardCurve.over(Point::distance, data.points(), group)
                        .ifPresent(curve -> curves.put(group.method(), curve));
            }
        }
        return new RewardModel(name, policySize, rows, policies, data.fits(), fitsOfSeeds, curves);
    }

    public static String name(Method method) {
        return method == Method.BEST_OF_N ? "best of n" : "reinforcement";
    }

    public long parameters() {
        return rows.getFirst().parameters();
    }

    public long pairs() {
        return rows.getFirst().pairs();
    }

    public double flip() {
        return rows.getFirst().flip();
    }

    public int seeds() {
        return rows.size();
    }

    public Estimate accuracy() {
        return Estimate.average(rows.stream().map(ProxyRow::accuracy).toList());
    }

    public Estimate agreement() {
        return Estimate.average(rows.stream()
                .map(row -> new Estimate(row.agreement(), Double.NaN))
                .toList());
    }

    /// One model without more ado, which the others are compared with.
    public boolean isPlain() {
        return rows.getFirst().members() == 1 && rows.getFirst().combine().equals("mean");
    }

    /// Whether it, or a member, is trained or scores so that length is rewarded less.
    public boolean isLengthFree() {
        String combine = rows.getFirst().combine();
        return combine.contains("length-") || combine.contains("batch-centered");
    }

    /// Whether another differs in its members, or in how it is trained or scores, only.
    public boolean isAlike(RewardModel other) {
        return policySize.equals(other.policySize)
                && memberParameters() == other.memberParameters()
                && pairs() == other.pairs()
                && flip() == other.flip();
    }

    /// Weights of one member; averaged weights are those of one model.
    private long memberParameters() {
        ProxyRow row = rows.getFirst();
        return row.combine().contains("weights") ? row.parameters() : row.parameters() / row.members();
    }

    /// "worst-case of 4".
    public String combined() {
        ProxyRow row = rows.getFirst();
        return row.combine() + (row.members() > 1 ? " of " + row.members() : "");
    }

    /// "worst-case of 4, 25 % of labels flipped".
    public String kind() {
        return combined() + (flip() > 0 ? ", " + Words.percent(flip()) + " of labels flipped" : "");
    }

    public List<Point> policies(Method method) {
        return policies.stream()
                .filter(point -> point.cell().method() == method)
                .toList();
    }

    /// The furthest accurate KL among the policies of one method, over seeds.
    ///
    /// @param kl mean over seeds; missing without such policies
    /// @param beyond whether it is a lower bound in some seed
    public record Reach(Estimate kl, boolean beyond) {
        /// "≥ 3.20 ± 0.40".
        public String words() {
            return kl.isMissing() ? "–" : (beyond ? "≥\u00a0" : "") + Words.estimate(kl, 2);
        }
    }

    public Reach reach(Method method) {
        List<FurthestAccurateKl> ofSeeds = List.copyOf(furthest(method).values());
        return new Reach(
                Estimate.average(ofSeeds.stream()
                        .map(one -> new Estimate(one.kl(), Double.NaN))
                        .toList()),
                ofSeeds.stream().anyMatch(FurthestAccurateKl::beyond));
    }

    /// The furthest accurate KL, nats, by seed.
    public SortedMap<Long, Double> reachOfSeeds(Method method) {
        SortedMap<Long, Double> reach = new TreeMap<>();
        furthest(method).forEach((seed, one) -> reach.put(seed, one.kl()));
        return reach;
    }

    private SortedMap<Long, FurthestAccurateKl> furthest(Method method) {
        SortedMap<Long, FurthestAccurateKl> ofSeeds = new TreeMap<>();
        for (ProxyRow row : rows) {
            List<Point> points = policies(method).stream()
                    .filter(point -> point.cell().seed() == row.seed()
                            && !Double.isNaN(
                                    point.evaluation().rewards().agreement().share()))
                    .toList();
            if (!points.isEmpty()) {
                ofSeeds.put(
                        row.seed(),
                        FurthestAccurateKl.of(
                                points.stream()
                                        .mapToDouble(point -> point.kl().mean())
                                        .toArray(),
                                points.stream()
                                        .map(point ->
                                                point.evaluation().rewards().agreement())
                                        .toList()));
            }
        }
        return ofSeeds;
    }

    /// A coefficient of the law of the method, with the standard error that its interval implies.
    ///
    /// @param which 0 for α, 1 for β
    public Optional<Estimate> coefficient(Method method, int which) {
        List<String> objectives = policies(method).stream()
                .map(point -> point.cell().objective())
                .distinct()
                .toList();
        return fits.stream()
                .filter(fit -> objectives.contains(fit.objective())
                        && fit.size().equals(policySize)
                        && fit.reward().equals("gold")
                        && fit.law().equals(method.law().key()))
                .map(fit -> fit.estimate(which))
                .findFirst();
    }

    /// The same of one seed's own fit.
    public Optional<Double> coefficient(Method method, int which, long seed) {
        return Optional.ofNullable(
                        fitsOfSeeds.getOrDefault(method, new TreeMap<>()).get(seed))
                .map(fit -> which == 0 ? fit.first() : fit.second());
    }

    /// Mean gold reward of the policies at the end, over KL coefficients, by seed.
    public SortedMap<Long, Double> goldAtEnd(Method method) {
        List<Point> points = policies(method);
        double end = points.stream().mapToDouble(Point::fraction).max().orElse(Double.NaN);
        SortedMap<Long, List<Double>> bySeed = new TreeMap<>();
        for (Point point : points) {
            if (point.fraction() == end) {
                bySeed.computeIfAbsent(point.cell().seed(), _ -> new ArrayList<>())
                        .add(point.gold().mean());
            }
        }
        SortedMap<Long, Double> means = new TreeMap<>();
        bySeed.forEach((seed, golds) -> means.put(
                seed, golds.stream().mapToDouble(Double::doubleValue).average().orElseThrow()));
        return means;
    }
}
