package dev.daa.eval.report;

import dev.daa.eval.analysis.FurthestAccurateKl;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.analysis.Trend;
import dev.daa.eval.report.Finding.Case;
import dev.daa.eval.report.Finding.Outcome;
import dev.daa.eval.report.Html.Cell;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/// How good each reward model is, how far from the SFT policy it stays accurate, and what its size and its data do to
/// the coefficients of the laws (Gao et al. 2210.10760, §3).
final class RewardModelsPart {
    private static final double NORMAL_95 = 1.96;
    /// An accuracy this close to ½ is near chance.
    private static final double NEAR_CHANCE = 0.05;
    /// A coefficient that changes by less than this share of itself per factor of ten is about constant.
    private static final double CONSTANT = 0.2;

    private final StudyData data;
    private final List<Proxy> proxies;

    /// A reward model of one name and policy size, over seeds.
    ///
    /// @param rows one a seed
    private record Proxy(String name, String policySize, List<ProxyRow> rows) {
        long parameters() {
            return rows.getFirst().parameters();
        }

        long pairs() {
            return rows.getFirst().pairs();
        }

        Estimate accuracy() {
            return Estimate.average(rows.stream().map(ProxyRow::accuracy).toList());
        }

        Estimate agreement() {
            return Estimate.average(rows.stream()
                    .map(row -> new Estimate(row.agreement(), Double.NaN))
                    .toList());
        }

        /// One model without more ado, which ensembles and bounds are compared with.
        boolean isPlain() {
            return rows.getFirst().members() == 1 && rows.getFirst().combine().equals("mean");
        }

        /// Whether another differs in its members or its bound only.
        boolean isAlike(Proxy other) {
            ProxyRow row = rows.getFirst();
            ProxyRow its = other.rows.getFirst();
            return policySize.equals(other.policySize) && row.pairs() == its.pairs() && row.flip() == its.flip();
        }

        /// "worst-case of 4, 25 % of labels flipped".
        String kind() {
            ProxyRow row = rows.getFirst();
            return row.combine()
                    + (row.members() > 1 ? " of " + row.members() : "")
                    + (row.flip() > 0 ? ", " + Words.percent(row.flip()) + " of labels flipped" : "");
        }

        /// What two models share when they differ in size or data only.
        List<Object> apartFrom(boolean size) {
            ProxyRow row = rows.getFirst();
            return List.of(policySize, row.flip(), row.members(), row.combine(), size ? row.pairs() : row.parameters());
        }
    }

    /// A quantity of reward models that are alike but for their size or data.
    ///
    /// @param at size in weights, or pairs
    private record Measured(double at, Estimate value, String text) {}

    /// The two axes that reward models are swept over.
    private enum Sweep {
        SIZE("log₁₀ of the reward model's weights", "weights"),
        DATA("log₁₀ of the comparisons that it learned from", "comparisons");

        private final String axis;
        private final String unit;

        Sweep(String axis, String unit) {
            this.axis = axis;
            this.unit = unit;
        }

        double at(Proxy proxy) {
            return switch (this) {
                case SIZE -> proxy.parameters();
                case DATA -> proxy.pairs();
            };
        }
    }

    private static final List<Method> METHODS = List.of(Method.BEST_OF_N, Method.REINFORCEMENT);

    private RewardModelsPart(StudyData data) {
        this.data = data;
        Map<List<String>, List<ProxyRow>> byName = new LinkedHashMap<>();
        for (ProxyRow row : data.proxies()) {
            byName.computeIfAbsent(List.of(row.proxy(), row.policySize()), _ -> new ArrayList<>())
                    .add(row);
        }
        proxies = byName.entrySet().stream()
                .map(entry -> new Proxy(entry.getKey().get(0), entry.getKey().get(1), entry.getValue()))
                .sorted(Comparator.comparingLong(Proxy::parameters).thenComparingLong(Proxy::pairs))
                .toList();
    }

    static AnalysisSection of(StudyData data) {
        RewardModelsPart part = new RewardModelsPart(data);
        boolean any = !part.proxies.isEmpty();
        return new AnalysisSection(
                Part.REWARD_MODELS,
                "Reward models",
                "Accuracy is that on held-out pairs, whose labels are noisy; agreement the share of pairs of SFT"
                    + " samples to one prompt that it orders as gold does. The furthest accurate KL is the greatest KL"
                    + " from the SFT policy at which it still orders "
                        + Words.percent(FurthestAccurateKl.ACCURATE)
                        + " of the pairs of the policy's own samples so: 0 where it does nowhere, “≥” where it does at"
                        + " the farthest policy too. α and β are those of d(α − βd) for best of n and of d(α − β log d)"
                        + " for reinforcement. ± 1 standard error: over seeds for the furthest accurate KL, from the"
                        + " fits' 95 % intervals for the coefficients.",
                any ? List.of(part.figure(Sweep.SIZE), part.figure(Sweep.DATA)) : List.of(),
                any ? Optional.of(part.table()) : Optional.empty(),
                any
                        ? List.of(
                                part.fewComparisons(),
                                part.ensembles(),
                                part.furthest(),
                                part.coefficients(Sweep.SIZE),
                                part.coefficients(Sweep.DATA))
                        : List.of());
    }

    private AnalysisSection.Table table() {
        List<List<Cell>> rows = new ArrayList<>();
        for (Proxy proxy : proxies) {
            ProxyRow one = proxy.rows().getFirst();
            List<Cell> row = new ArrayList<>(List.of(
                    Cell.text(proxy.name())
                            .withDetail("policy " + proxy.policySize()
                                    + (proxy.isPlain() && one.flip() == 0 ? "" : ", " + proxy.kind())),
                    Cell.number(Words.parameters(proxy.parameters())),
                    Cell.number(Long.toString(proxy.pairs())),
                    Cell.number(Words.estimate(proxy.accuracy(), 3)),
                    Cell.number(Words.fixed(mean(proxy, ProxyRow::calibrationError), 3)),
                    Cell.number(Words.percent(proxy.agreement().mean()))));
            for (Method method : METHODS) {
                row.add(Cell.number(furthest(proxy, method).text()));
            }
            for (Method method : METHODS) {
                row.add(Cell.number(coefficient(proxy, method, 0)
                                .map(value -> Words.estimate(value, 2))
                                .orElse("–"))
                        .withDetail(coefficient(proxy, method, 1)
                                .map(value -> "β " + Words.estimate(value, 2))
                                .orElse("")));
            }
            rows.add(row);
        }
        return new AnalysisSection.Table(
                "Reward models, over " + Words.count(seeds(), "seed"),
                List.of(
                        Cell.text("Reward model"),
                        Cell.number("weights"),
                        Cell.number("comparisons"),
                        Cell.number("accuracy"),
                        Cell.number("ECE"),
                        Cell.number("agreement"),
                        Cell.number("furthest accurate KL, best of n"),
                        Cell.number("the same, reinforcement"),
                        Cell.number("α, best of n"),
                        Cell.number("α, reinforcement")),
                rows);
    }

    private static double mean(Proxy proxy, ToDoubleFunction<ProxyRow> quantity) {
        return proxy.rows().stream().mapToDouble(quantity).average().orElse(Double.NaN);
    }

    private int seeds() {
        return proxies.stream().mapToInt(proxy -> proxy.rows().size()).max().orElse(0);
    }

    /// Seeds whose policies were measured, at most those of the reward models.
    private long seeds(List<Proxy> group, Method method) {
        return group.stream()
                .flatMap(proxy -> points(proxy, method).stream())
                .map(point -> point.cell().seed())
                .distinct()
                .count();
    }

    private List<Point> points(Proxy proxy, Method method) {
        return data.points().stream()
                .filter(point -> point.cell().method() == method
                        && point.cell().proxy().equals(proxy.name())
                        && point.cell().size().equals(proxy.policySize()))
                .toList();
    }

    /// Mean over seeds of the furthest accurate KL among all policies that optimise the model in one way.
    private Measured furthest(Proxy proxy, Method method) {
        List<Estimate> ofSeeds = new ArrayList<>();
        boolean beyond = false;
        for (ProxyRow row : proxy.rows()) {
            List<Point> points = points(proxy, method).stream()
                    .filter(point -> point.cell().seed() == row.seed()
                            && !Double.isNaN(point.evaluation().proxyAgreement()))
                    .toList();
            if (!points.isEmpty()) {
                FurthestAccurateKl one = FurthestAccurateKl.of(
                        points.stream().mapToDouble(point -> point.kl().mean()).toArray(),
                        points.stream()
                                .mapToDouble(point -> point.evaluation().proxyAgreement())
                                .toArray());
                ofSeeds.add(new Estimate(one.kl(), Double.NaN));
                beyond |= one.beyond();
            }
        }
        Estimate mean = Estimate.average(ofSeeds);
        return new Measured(
                Double.NaN, mean, mean.isMissing() ? "–" : (beyond ? "≥\u00a0" : "") + Words.estimate(mean, 2));
    }

    /// A coefficient of the law of the method, with the standard error that its interval implies.
    ///
    /// @param which 0 for α, 1 for β
    private Optional<Estimate> coefficient(Proxy proxy, Method method, int which) {
        List<String> objectives = points(proxy, method).stream()
                .map(point -> point.cell().objective())
                .distinct()
                .toList();
        return data.fits().stream()
                .filter(fit -> objectives.contains(fit.objective())
                        && fit.size().equals(proxy.policySize())
                        && fit.reward().equals("gold")
                        && fit.law().equals(method.law().key()))
                .map(fit -> fit.coefficients().get(which))
                .map(fitted -> new Estimate(fitted.value(), (fitted.high() - fitted.low()) / 2 / NORMAL_95))
                .findFirst();
    }

    /// Groups of at least two reward models that differ in size only, or in data only.
    private List<List<Proxy>> swept(Sweep sweep) {
        Map<List<Object>, List<Proxy>> alike = new LinkedHashMap<>();
        for (Proxy proxy : proxies) {
            alike.computeIfAbsent(proxy.apartFrom(sweep == Sweep.SIZE), _ -> new ArrayList<>())
                    .add(proxy);
        }
        return alike.values().stream()
                .filter(group ->
                        group.stream().mapToDouble(sweep::at).distinct().count() > 1)
                .toList();
    }

    /// A quantity along a sweep, where it is known.
    private interface Quantity {
        Optional<Estimate> of(Proxy proxy);
    }

    private static List<Measured> along(Sweep sweep, List<Proxy> group, Quantity quantity) {
        List<Measured> measured = new ArrayList<>();
        for (Proxy proxy : group) {
            quantity.of(proxy)
                    .filter(value -> Double.isFinite(value.mean()))
                    .ifPresent(value -> measured.add(new Measured(sweep.at(proxy), value, proxy.name())));
        }
        return measured;
    }

    /// Weighted least squares; empty without errors or with fewer than two different sizes.
    private static Optional<Trend> trend(List<Measured> measured) {
        return measured.size() < 2
                ? Optional.empty()
                : Trend.of(
                        measured.stream().mapToDouble(Measured::at).toArray(),
                        measured.stream().mapToDouble(one -> one.value().mean()).toArray(),
                        measured.stream()
                                .mapToDouble(one -> one.value().errorOrZero())
                                .toArray());
    }

    private Figure figure(Sweep sweep) {
        CsvText csv = new CsvText("panel", "method", "reward_model", sweep.unit, "value", "se");
        List<List<Proxy>> groups = swept(sweep);
        List<Panel> panels = new ArrayList<>();
        if (!groups.isEmpty()) {
            panels.add(panel(
                    sweep,
                    "accuracy on held-out pairs",
                    groups,
                    csv,
                    (proxy, method) -> method == Method.BEST_OF_N ? Optional.of(proxy.accuracy()) : Optional.empty()));
            panels.add(panel(
                    sweep,
                    "furthest accurate KL, nats",
                    groups,
                    csv,
                    (proxy, method) ->
                            Optional.of(furthest(proxy, method).value()).filter(value -> !value.isMissing())));
            panels.add(panel(sweep, "α", groups, csv, (proxy, method) -> coefficient(proxy, method, 0)));
            panels.add(panel(sweep, "β of the law", groups, csv, (proxy, method) -> coefficient(proxy, method, 1)));
        }
        boolean size = sweep == Sweep.SIZE;
        return new Figure(
                size ? "reward-model-size" : "reward-model-data",
                size ? "What the reward model's size changes" : "What its comparisons change",
                "Reward models that differ in their " + (size ? "weights" : "comparisons")
                        + " only; ± 1 standard error, " + Words.count(seeds(), "seed")
                        + ". Accuracy belongs to the model itself. Dashed: weighted least squares.",
                new Legend(List.of(
                        Legend.Entry.dot("best of n", colour(Method.BEST_OF_N), Mark.Shape.CIRCLE),
                        Legend.Entry.dot("reinforcement", colour(Method.REINFORCEMENT), Mark.Shape.SQUARE))),
                panels.isEmpty() ? List.of() : List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    private interface OfMethod {
        Optional<Estimate> of(Proxy proxy, Method method);
    }

    private static Panel panel(Sweep sweep, String label, List<List<Proxy>> groups, CsvText csv, OfMethod quantity) {
        List<Mark> marks = new ArrayList<>();
        List<Double> xs = new ArrayList<>();
        List<Double> ys = new ArrayList<>();
        for (List<Proxy> group : groups) {
            for (Method method : METHODS) {
                List<Measured> measured = along(sweep, group, proxy -> quantity.of(proxy, method));
                List<Mark.Dot> dots = new ArrayList<>();
                for (Measured one : measured) {
                    double x = Math.log10(one.at());
                    xs.add(x);
                    ys.add(one.value().mean() - one.value().errorOrZero());
                    ys.add(one.value().mean() + one.value().errorOrZero());
                    dots.add(new Mark.Dot(
                            x,
                            one.value().mean(),
                            one.value().errorOrZero(),
                            one.text() + ": " + label + " " + Words.estimate(one.value(), 3)));
                    csv.row(
                            label,
                            method.key(),
                            one.text(),
                            one.at(),
                            one.value().mean(),
                            one.value().standardError());
                }
                trend(measured)
                        .ifPresent(line -> marks.add(new Mark.Line(
                                measured.stream()
                                        .map(one -> new Mark.Vertex(Math.log10(one.at()), line.at(one.at())))
                                        .toList(),
                                colour(method),
                                Mark.Stroke.DASHED)));
                marks.add(new Mark.Dots(
                        dots, colour(method), method == Method.BEST_OF_N ? Mark.Shape.CIRCLE : Mark.Shape.SQUARE));
            }
        }
        return new Panel(
                label, Axis.covering(sweep.axis, array(xs), 4, false), Axis.covering(label, array(ys), 5, true), marks);
    }

    private static Colour colour(Method method) {
        return Palette.objectives(List.of("best-of-n", "ppo"))
                .getOrDefault(method == Method.BEST_OF_N ? "best-of-n" : "ppo", Palette.INK);
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private Finding fewComparisons() {
        List<Case> cases = new ArrayList<>();
        for (List<Proxy> group : swept(Sweep.DATA)) {
            Proxy fewest = group.getFirst();
            Proxy most = group.getLast();
            double low =
                    fewest.accuracy().mean() - NORMAL_95 * fewest.accuracy().errorOrZero();
            double high =
                    fewest.accuracy().mean() + NORMAL_95 * fewest.accuracy().errorOrZero();
            Estimate gained = most.accuracy().minus(fewest.accuracy());
            Outcome outcome = high < 0.5 + NEAR_CHANCE && gained.z() > NORMAL_95
                    ? Outcome.SHOWN
                    : low > 0.5 + NEAR_CHANCE ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
            cases.add(new Case(
                    Words.parameters(fewest.parameters()) + " weights",
                    outcome,
                    group.stream()
                                    .map(proxy -> proxy.pairs() + " comparisons " + Words.estimate(proxy.accuracy(), 3))
                                    .collect(Collectors.joining(", "))
                            + "; " + Words.count(seeds(), "seed")));
        }
        return new Finding(
                "few-comparisons",
                "Below some number of comparisons a reward model is near chance, whatever its size.",
                ProxyFindings.GAO + ", §3.4, where it is about 2,000",
                "For each size with several amounts of data: yes, if the 95 % interval of the accuracy on held-out"
                        + " pairs with the fewest comparisons lies below " + (0.5 + NEAR_CHANCE)
                        + " and that with the most exceeds it significantly; no, if that interval lies above "
                        + (0.5 + NEAR_CHANCE) + ".",
                cases,
                cases.isEmpty()
                        ? "It takes reward models that differ in their comparisons only."
                        : "One pass over fewer pairs is also fewer steps.");
    }

    private Finding furthest() {
        List<Case> cases = new ArrayList<>();
        for (List<Proxy> group : swept(Sweep.SIZE)) {
            for (Method method : METHODS) {
                List<Measured> measured = along(
                        Sweep.SIZE,
                        group,
                        proxy -> Optional.of(furthest(proxy, method).value()).filter(value -> !value.isMissing()));
                if (measured.size() < 2) {
                    continue;
                }
                Estimate difference =
                        measured.getLast().value().minus(measured.getFirst().value());
                double z = difference.errorOrZero() == 0 ? 0 : difference.z();
                cases.add(new Case(
                        name(method),
                        z > NORMAL_95 ? Outcome.SHOWN : z < -NORMAL_95 ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                        measured.stream()
                                        .map(one -> Words.parameters((long) one.at()) + " weights "
                                                + Words.estimate(one.value(), 2))
                                        .collect(Collectors.joining(", "))
                                + " nats; " + Words.count(seeds(group, method), "seed")));
            }
        }
        return new Finding(
                "furthest-size",
                "The furthest accurate KL of a reward model grows with its size.",
                "Guo & Xiong 2024",
                "For each way to optimise it: yes, if it is greater for the largest model than for the smallest by more"
                        + " than 1.96 standard errors over seeds; no, if smaller by as much.",
                cases,
                cases.isEmpty() ? "It takes reward models that differ in their size only, and policies." : "");
    }

    private Finding ensembles() {
        List<Case> cases = new ArrayList<>();
        for (Proxy alone : proxies) {
            for (Proxy other : proxies) {
                if (!alone.isPlain() || other.isPlain() || !alone.isAlike(other)) {
                    continue;
                }
                for (Method method : METHODS) {
                    Estimate single = atEnd(alone, method);
                    Estimate ensemble = atEnd(other, method);
                    if (single.isMissing() || ensemble.isMissing()) {
                        continue;
                    }
                    double z = ensemble.minus(single).z();
                    cases.add(new Case(
                            other.kind() + ", " + name(method),
                            z > NORMAL_95 ? Outcome.SHOWN : z < -NORMAL_95 ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                            "gold at the end " + Words.estimate(ensemble, 2) + ", by one model "
                                    + Words.estimate(single, 2) + "; furthest accurate KL "
                                    + furthest(other, method).text() + " and "
                                    + furthest(alone, method).text() + "; "
                                    + Words.count(seeds(List.of(alone, other), method), "seed")));
                }
            }
        }
        return new Finding(
                "ensembles",
                "Ensembles of reward models, averages of their weights and lower confidence bounds lose less to"
                        + " over-optimisation than one model, most where labels are noisy.",
                "Coste et al. 2023, arXiv 2310.02743; Ramé et al. 2024, arXiv 2401.12187; Zhu et al. 2023, arXiv"
                        + " 2301.11270",
                "For each, beside one model with the same comparisons and label noise: yes, if the gold reward at the"
                        + " farthest n or the end of training is higher by more than 1.96 standard errors; no, if lower"
                        + " by as much.",
                cases,
                cases.isEmpty() ? "It takes ensembles or bounds beside one model with the same data." : "");
    }

    /// Gold reward of the policies at the end, over seeds and KL coefficients.
    private Estimate atEnd(Proxy proxy, Method method) {
        List<Point> points = points(proxy, method);
        double end = points.stream().mapToDouble(Point::fraction).max().orElse(Double.NaN);
        return Estimate.average(points.stream()
                .filter(point -> point.fraction() == end)
                .map(Point::gold)
                .toList());
    }

    private Finding coefficients(Sweep sweep) {
        List<Case> cases = new ArrayList<>();
        for (List<Proxy> group : swept(sweep)) {
            for (Method method : METHODS) {
                for (int which = 0; which < 2; which++) {
                    int coefficient = which;
                    trend(along(sweep, group, proxy -> coefficient(proxy, method, coefficient)))
                            .ifPresent(line -> cases.add(trendCase(sweep, method, coefficient, line)));
                }
            }
        }
        boolean size = sweep == Sweep.SIZE;
        return new Finding(
                size ? "coefficients-proxy-size" : "coefficients-proxy-data",
                size
                        ? "α of best of n grows and β falls linearly with the logarithm of the reward model's size; so"
                                + " does β of reinforcement, while its α stays about constant."
                        : "With more comparisons α grows and β falls: a reward model that has seen more is optimised"
                                + " further before gold falls.",
                ProxyFindings.GAO + (size ? ", §3.2" : ", §3.4, less clean than for size"),
                "For each coefficient, weighted least squares against log₁₀ of the " + sweep.unit
                        + ": yes, if the slope has the claimed sign by more than 1.96 standard errors and χ² of the"
                        + " deviations from the line is below its 95 % quantile; no, if it has the other sign by as"
                        + " much, or the line does not hold."
                        + (size
                                ? " For α of reinforcement: yes, if the 95 % interval of the slope lies within "
                                        + Words.percent(CONSTANT) + " of α; no, if outside."
                                : ""),
                cases,
                cases.isEmpty() ? "It takes such reward models, and fitted laws with intervals." : "");
    }

    private Case trendCase(Sweep sweep, Method method, int which, Trend line) {
        Estimate slope = new Estimate(line.slope(), line.slopeError());
        boolean constant = sweep == Sweep.SIZE && method == Method.REINFORCEMENT && which == 0;
        Outcome outcome;
        if (constant) {
            double bound = CONSTANT * Math.abs(line.level());
            double low = slope.mean() - NORMAL_95 * slope.standardError();
            double high = slope.mean() + NORMAL_95 * slope.standardError();
            outcome = low > -bound && high < bound
                    ? Outcome.SHOWN
                    : low > bound || high < -bound ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
        } else {
            double towards = (which == 0 ? 1 : -1) * slope.z();
            outcome = towards < -NORMAL_95 || (towards > NORMAL_95 && !line.isLinear())
                    ? Outcome.CONTRADICTED
                    : towards > NORMAL_95 ? Outcome.SHOWN : Outcome.UNDECIDED;
        }
        return new Case(
                (which == 0 ? "α" : "β") + " of " + name(method),
                outcome,
                OveroptimizationFindings.signedEstimate(slope, 3) + " per factor of ten in " + sweep.unit + " about "
                        + Words.fixed(line.level(), 3)
                        + (line.points() > 2
                                ? ", χ² " + Words.fixed(line.misfit(), 1) + " with "
                                        + Words.count(line.points() - 2L, "degree") + " of freedom"
                                : "")
                        + "; " + Words.count(line.points(), "reward model") + ", " + Words.count(seeds(), "seed"));
    }

    private static String name(Method method) {
        return method == Method.BEST_OF_N ? "best of n" : "reinforcement";
    }
}
