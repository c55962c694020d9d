package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.analysis.Trend;
import dev.daa.eval.curve.Law;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.RewardCurve;
import dev.daa.eval.report.measure.SeedMean;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Coefficients of R(d) = d(α − β log d) against the number of weights, as Gao et al. (2210.10760) draw them.
final class TrendsPart {
    private static final int ALPHA = 0;
    private static final int BETA = 1;

    private final StudyData data;
    private final FigureStyle style;
    private final StudyGroups study;

    /// A fitted coefficient of one size; the error is half the 95 % interval over 1.96.
    private record Fitted(double parameters, double value, double error) {}

    private TrendsPart(StudyData data, FigureStyle style) {
        this.data = data;
        this.style = style;
        study = style.study().direct();
    }

    static AnalysisSection of(StudyData data, FigureStyle style) throws IOException {
        TrendsPart part = new TrendsPart(data, style);
        return new AnalysisSection(
                Part.TRENDS,
                "Coefficients and size",
                "α is the slope near the SFT policy, β what over-optimisation takes away: R(d) = d(α − β log d), fitted"
                        + " to each size by itself.",
                part.study.hasSizes() ? List.of(part.figure()) : List.of(),
                Optional.empty(),
                List.of(
                        part.finding(
                                "trend-beta",
                                BETA,
                                "β of the law falls with model size: larger models lose less to over-optimisation.",
                                -1),
                        part.finding(
                                "trend-alpha",
                                ALPHA,
                                "α of the law grows with model size: larger models gain more per distance.",
                                1)));
    }

    private List<Fitted> coefficients(String objective, int which) {
        Map<String, Long> weights = new TreeMap<>();
        data.points()
                .forEach(point -> weights.put(point.cell().size(), point.cell().parameters()));
        List<Fitted> fitted = new ArrayList<>();
        for (String size : study.sizes()) {
            data.fits().stream()
                    .filter(fit -> fit.objective().equals(objective)
                            && fit.size().equals(size)
                            && fit.reward().equals("gold")
                            && fit.law().equals("rl"))
                    .map(fit -> fit.estimate(which))
                    .filter(_ -> weights.getOrDefault(size, 0L) > 0)
                    .forEach(coefficient -> fitted.add(new Fitted(
                            weights.getOrDefault(size, 0L), coefficient.mean(), coefficient.standardError())));
        }
        return fitted;
    }

    private static Optional<Trend> trend(List<Fitted> fitted) {
        return fitted.size() < 2
                ? Optional.empty()
                : Trend.of(
                        fitted.stream().mapToDouble(Fitted::parameters).toArray(),
                        fitted.stream().mapToDouble(Fitted::value).toArray(),
                        fitted.stream().mapToDouble(Fitted::error).toArray());
    }

    private Figure figure() {
        CsvText csv = new CsvText(
                "objective", "coefficient", "parameters", "value", "se", "trend_per_decade", "trend_per_decade_se");
        return new Figure(
                "coefficients-size",
                "Coefficients of the law against model size",
                "One mark per objective and size; error bars are ± 1 standard error, taken from the 95 %"
                        + " interval of the fit. Lines: weighted least squares against log₁₀ of the number of weights.",
                new Legend(study.objectives().stream()
                        .map(name -> Legend.Entry.dot(Words.objective(name), style.objective(name), style.shape(name)))
                        .toList()),
                List.of(new Figure.Group("", List.of(panel("α", ALPHA, csv), panel("β of the law", BETA, csv)))),
                csv.toString());
    }

    private Panel panel(String name, int which, CsvText csv) {
        List<Mark> marks = new ArrayList<>();
        List<Double> sizes = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        for (String objective : study.objectives()) {
            List<Fitted> fitted = coefficients(objective, which);
            Optional<Trend> trend = trend(fitted);
            List<Mark.Dot> dots = new ArrayList<>();
            for (Fitted one : fitted) {
                double x = Math.log10(one.parameters());
                sizes.add(x);
                values.add(one.value() - one.error());
                values.add(one.value() + one.error());
                dots.add(new Mark.Dot(
                        x,
                        one.value(),
                        one.error(),
                        Words.objective(objective) + ", " + Words.parameters((long) one.parameters()) + " weights: "
                                + name + " " + Words.estimate(new Estimate(one.value(), one.error()), 3)));
                csv.row(
                        objective,
                        which == ALPHA ? "alpha" : "beta",
                        one.parameters(),
                        one.value(),
                        one.error(),
                        trend.map(Trend::slope).orElse(Double.NaN),
                        trend.map(Trend::slopeError).orElse(Double.NaN));
            }
            trend.ifPresent(line -> marks.add(new Mark.Line(
                    fitted.stream()
                            .map(one -> new Mark.Vertex(Math.log10(one.parameters()), line.at(one.parameters())))
                            .toList(),
                    style.objective(objective),
                    Mark.Stroke.DASHED)));
            marks.add(new Mark.Dots(dots, style.objective(objective), style.shape(objective)));
        }
        return new Panel(
                name,
                Axis.covering("log₁₀ of the number of weights", array(sizes), 5, false),
                Axis.covering(name, array(values), 5, true),
                marks);
    }

    /// The slope of each seed's own coefficients.
    private List<Double> slopesOfSeeds(String objective, int which) throws IOException {
        SortedMap<Long, List<Fitted>> bySeed = new TreeMap<>();
        for (StudyGroups.Group group : study.groups()) {
            if (group.objective().equals(objective)) {
                long parameters = group.members().getFirst().parameters();
                RewardCurve.fitsOfSeeds(data.points(), group, Law.RL)
                        .forEach((seed, fit) -> bySeed.computeIfAbsent(seed, _ -> new ArrayList<>())
                                .add(new Fitted(parameters, which == ALPHA ? fit.first() : fit.second(), 1)));
            }
        }
        return bySeed.values().stream()
                .flatMap(fitted -> trend(fitted).stream())
                .map(Trend::slope)
                .toList();
    }

    private Finding finding(String id, int which, String claim, int sign) throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String objective : study.hasSizes() ? study.objectives() : List.<String>of()) {
            List<Double> slopes = slopesOfSeeds(objective, which);
            if (slopes.isEmpty()) {
                continue;
            }
            Optional<SeedMean> mean = SeedMean.of(slopes);
            cases.add(new Case(
                    Words.objective(objective),
                    mean.map(slope -> sign > 0 ? slope.positive() : slope.negative())
                            .orElse(Outcome.UNDECIDED),
                    "changes by "
                            + mean.map(SeedMean::toString)
                                    .orElseGet(() -> Words.signed(slopes.getFirst(), 2) + " (one seed, so no interval)")
                            + " per factor of ten in weights, over "
                            + Words.count(study.sizes().size(), "size") + "; "
                            + Words.count(slopes.size(), "seed")));
        }
        return new Finding(
                id,
                claim,
                "Gao et al. 2022, arXiv 2210.10760, for the size of the proxy reward model; " + Findings.RAFAILOV
                        + ", finding 4, for policies",
                "For each objective, least squares of the coefficient against log₁₀ of the number of weights, fitted"
                        + " seed by seed: yes, if the 95 % interval of the mean slope (Student's t over seeds) lies on"
                        + " the claimed side of 0; no, if on the other.",
                cases,
                cases.isEmpty()
                        ? Conditions.sizes(study)
                                .orElse("No objective has a seed whose checkpoints determine the law at two sizes.")
                        : "");
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
