package dev.daa.eval.report.part;

import dev.daa.eval.analysis.LineFit;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.HeldOutResponse;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.finding.OveroptimizationFindings;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.RankCorrelation;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/// How far the implicit reward of held-out responses is a matter of their length (2406.02900 §3.3), and which lengths
/// become likelier.
final class LengthPart {
    private static final int BINS = 6;

    private final StudyGroups study;
    private final FigureStyle style;
    private final Map<Point, Fits> fits = new LinkedHashMap<>();
    private final Map<Point, List<HeldOutResponse>> responses;

    /// Regressions of log π/π_ref on length over the held-out responses of one checkpoint.
    private record Fits(LineFit withIntercept, LineFit throughOrigin) {}

    private LengthPart(StudyData data, FigureStyle style) {
        this.style = style;
        study = style.study().direct();
        responses = data.heldOut();
        responses.forEach((point, rows) -> {
            double[] length = lengths(rows);
            double[] ratio =
                    rows.stream().mapToDouble(HeldOutResponse::logRatio).toArray();
            Optional<LineFit> line = LineFit.withIntercept(length, ratio);
            Optional<LineFit> origin = LineFit.throughOrigin(length, ratio);
            if (!point.isStart() && line.isPresent() && origin.isPresent()) {
                fits.put(point, new Fits(line.get(), origin.get()));
            }
        });
    }

    static AnalysisSection of(StudyData data, FigureStyle style) {
        LengthPart part = new LengthPart(data, style);
        return new AnalysisSection(
                Part.LENGTH,
                "Length",
                "A weak or tightly held policy may learn the simplest thing that tells chosen from rejected responses,"
                        + " and that is often how long they are. The held-out responses are samples of the SFT policy,"
                        + " the same at every checkpoint of a seed.",
                part.fits.isEmpty() ? List.of() : List.of(part.explained(), part.byLength()),
                Optional.empty(),
                List.of(part.fallsWithDistance(), part.fallsWithSize(), part.shortLoseMost()));
    }

    private Figure explained() {
        Axis x = FigureStyle.distanceAxis(
                fits.keySet().stream().mapToDouble(Point::distance).toArray());
        CsvText csv = new CsvText(
                "objective",
                "beta",
                "size",
                "seed",
                "fraction",
                "distance",
                "slope",
                "slope_se",
                "r2",
                "origin_slope",
                "origin_r2",
                "responses");
        fits.forEach((point, fit) -> csv.row(
                point.cell().objective(),
                point.cell().beta(),
                point.cell().size(),
                point.cell().seed(),
                point.fraction(),
                point.distance(),
                fit.withIntercept().slope(),
                fit.withIntercept().slopeError(),
                fit.withIntercept().rSquared(),
                fit.throughOrigin().slope(),
                fit.throughOrigin().rSquared(),
                fit.withIntercept().points()));
        double gold = goldOnLength();
        List<Legend.Entry> legend = new ArrayList<>(
                study.hasSizes()
                        ? study.sizes().stream()
                                .map(size -> Legend.Entry.dot("size " + size, style.size(size), Mark.Shape.CIRCLE))
                                .toList()
                        : style.objectiveLegend());
        legend.add(Legend.Entry.line("gold reward itself", Palette.MUTED, Mark.Stroke.SOLID));
        return new Figure(
                "length-r2",
                "How much of the implicit reward is length?",
                "Each mark is one checkpoint: R² of the implicit reward of held-out responses, regressed on their"
                        + " length. Left: with an intercept, the share of the variance about the mean. Right: through"
                        + " the origin, ρ̂ = γ̂·|y|, the share of the mean square, which is large already when every"
                        + " response loses likelihood; the two do not compare. β drops out of R². The grey line is the"
                        + " R² of the gold reward on the same responses: the part of length that is no illusion.",
                new Legend(legend),
                List.of(new Figure.Group(
                        "",
                        List.of(
                                new Panel("With an intercept", x, share(), marks(Fits::withIntercept, gold)),
                                new Panel("Through the origin", x, share(), marks(Fits::throughOrigin, Double.NaN))))),
                csv.toString());
    }

    private static Axis share() {
        return new Axis("R² of implicit reward on length", 0, 1, 0.25);
    }

    private List<Mark> marks(Function<Fits, LineFit> which, double level) {
        List<Mark> marks = new ArrayList<>();
        if (!Double.isNaN(level)) {
            marks.add(new Mark.Level(level, Palette.MUTED));
        }
        for (StudyGroups.Group group : study.groups()) {
            Colour colour = study.hasSizes() ? style.size(group.size()) : style.objective(group.objective());
            List<Mark.Dot> dots = new ArrayList<>();
            fits.forEach((point, fit) -> {
                if (belongs(point, group)) {
                    LineFit line = which.apply(fit);
                    Mark.Dot dot = FigureStyle.dot(point, Estimate.exact(line.rSquared()), "R²", 2);
                    dots.add(new Mark.Dot(dot.x(), dot.y(), 0, dot.text()));
                }
            });
            marks.add(new Mark.Dots(dots, colour, style.shape(group.objective())));
        }
        return marks;
    }

    private static boolean belongs(Point point, StudyGroups.Group group) {
        return point.cell().objective().equals(group.objective())
                && point.cell().size().equals(group.size());
    }

    /// R² of the gold reward on the length of all distinct held-out sets.
    private double goldOnLength() {
        List<HeldOutResponse> pooled = new ArrayList<>();
        responses.forEach((point, rows) -> {
            if (point.isStart()) {
                pooled.addAll(rows);
            }
        });
        return LineFit.withIntercept(
                        lengths(pooled),
                        pooled.stream().mapToDouble(HeldOutResponse::gold).toArray())
                .map(LineFit::rSquared)
                .orElse(Double.NaN);
    }

    /// Mean log-ratio of held-out responses by length, at the end of training.
    private Figure byLength() {
        int[] edges = edges();
        CsvText csv = new CsvText(
                "objective", "beta", "size", "from_length", "to_length", "mean_length", "responses", "log_ratio");
        List<Figure.Group> groups = new ArrayList<>();
        for (String size : study.sizes().reversed()) {
            List<Panel> panels = new ArrayList<>();
            for (StudyGroups.Group group : study.groups()) {
                if (group.size().equals(size)) {
                    panels.add(lengthPanel(group, edges, csv));
                }
            }
            groups.add(new Figure.Group(study.hasSizes() ? "Size " + size : "", panels));
        }
        return new Figure(
                "length-likelihood",
                "Which lengths become likelier?",
                "Log density ratio log(π/SFT) of held-out responses against their length, at the end of training, mean"
                        + " over the responses of a length class and over seeds. A flat line treats all lengths alike.",
                new Legend(style.betaLegend()),
                groups,
                csv.toString());
    }

    private Panel lengthPanel(StudyGroups.Group group, int[] edges, CsvText csv) {
        List<Mark> marks = new ArrayList<>();
        marks.add(new Mark.Level(0, Palette.AXIS));
        List<Double> heights = new ArrayList<>(List.of(0.0));
        List<Double> lengths = new ArrayList<>();
        for (Trajectory member : group.members()) {
            List<HeldOutResponse> rows = member.last().points().stream()
                    .flatMap(point -> responses.getOrDefault(point, List.of()).stream())
                    .toList();
            List<Mark.Vertex> line = new ArrayList<>();
            for (int bin = 0; bin + 1 < edges.length; bin++) {
                int from = edges[bin];
                int to = edges[bin + 1];
                List<HeldOutResponse> inside = rows.stream()
                        .filter(row -> row.length() >= from && row.length() < to)
                        .toList();
                if (!inside.isEmpty()) {
                    double length = inside.stream()
                            .mapToInt(HeldOutResponse::length)
                            .average()
                            .orElseThrow();
                    double ratio = inside.stream()
                            .mapToDouble(HeldOutResponse::logRatio)
                            .average()
                            .orElseThrow();
                    line.add(new Mark.Vertex(length, ratio));
                    heights.add(ratio);
                    lengths.add(length);
                    csv.row(group.objective(), member.beta(), group.size(), from, to - 1, length, inside.size(), ratio);
                }
            }
            marks.add(new Mark.Line(line, style.beta(member.beta()), Mark.Stroke.SOLID));
        }
        return new Panel(
                Words.objective(group.objective()),
                Axis.covering("tokens per response", array(lengths), 5, false),
                Axis.covering("mean log(π/SFT), nats", array(heights), 5, true),
                marks);
    }

    /// Classes of about equally many responses.
    private int[] edges() {
        int[] sorted = responses.values().stream()
                .flatMap(List::stream)
                .mapToInt(HeldOutResponse::length)
                .sorted()
                .toArray();
        int[] edges = new int[BINS + 1];
        for (int bin = 0; bin < BINS; bin++) {
            edges[bin] = sorted[bin * sorted.length / BINS];
        }
        edges[BINS] = sorted[sorted.length - 1] + 1;
        return Arrays.stream(edges).distinct().toArray();
    }

    private Finding fallsWithDistance() {
        List<Case> cases = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            List<Point> members = fits.keySet().stream()
                    .filter(point -> belongs(point, group))
                    .toList();
            if (members.size() < RankCorrelation.LEAST_POINTS) {
                continue;
            }
            int runs = (int)
                    members.stream().map(point -> point.cell().run()).distinct().count();
            RankCorrelation r = RankCorrelation.of(members, _ -> group, Point::distance, this::explainedShare);
            cases.add(new Case(
                    study.label(group),
                    r.high() < 0 ? Outcome.SHOWN : r.low() > 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                    "rank correlation of R² (with intercept) and √KL " + r + ", "
                            + Words.count(members.size(), "checkpoint") + " of " + Words.count(runs, "run")));
        }
        return new Finding(
                "length-distance",
                "Length explains more of the implicit reward where the policy is held close to the SFT policy.",
                Findings.RAFAILOV + ", §3.3",
                "For each objective: yes, if the 95 % interval of the rank correlation between √KL and the R² of the"
                        + " implicit reward on length lies below 0; no, if above. " + RankCorrelation.RULE,
                cases,
                cases.isEmpty()
                        ? kept(Conditions.direct(study)).orElse("It takes five checkpoints" + study.atOneSize() + ".")
                        : "");
    }

    /// That there is something to regress on length.
    private Conditions kept(Conditions before) {
        return before.and(
                fits.keySet().stream().anyMatch(point -> point.cell().method() == Method.DIRECT),
                "The study did not keep what its policies say of held-out responses.");
    }

    private double explainedShare(Point point) {
        Fits fit = fits.get(point);
        return fit == null ? Double.NaN : fit.withIntercept().rSquared();
    }

    private Finding fallsWithSize() {
        List<Case> cases = new ArrayList<>();
        List<String> sizes = study.sizes();
        for (String objective : sizes.size() > 1 ? study.objectives() : List.<String>of()) {
            Map<Long, List<Estimate>> differences = new TreeMap<>();
            int betas = 0;
            for (Trajectory small : study.trajectories()) {
                for (Trajectory large : study.trajectories()) {
                    if (small.objective().equals(objective)
                            && large.objective().equals(objective)
                            && small.size().equals(sizes.getFirst())
                            && large.size().equals(sizes.getLast())
                            && small.beta() == large.beta()) {
                        Map<Long, Double> larger = meanShares(large);
                        Map<Long, Double> both = meanShares(small);
                        both.keySet().retainAll(larger.keySet());
                        both.forEach((seed, share) -> differences
                                .computeIfAbsent(seed, _ -> new ArrayList<>())
                                .add(Estimate.exact(share - Objects.requireNonNull(larger.get(seed)))));
                        betas += both.isEmpty() ? 0 : 1;
                    }
                }
            }
            if (betas > 0) {
                Estimate mean = Estimate.averageBySeed(differences.values());
                // One seed has no error: nothing says how its value would spread.
                boolean spread = mean.errorOrZero() > 0;
                double z = Significance.threshold(1);
                cases.add(new Case(
                        Words.objective(objective),
                        spread && mean.z() > z
                                ? Outcome.SHOWN
                                : spread && mean.z() < -z ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                        "R² of " + sizes.getFirst() + " minus that of " + sizes.getLast() + " at the same β "
                                + OveroptimizationFindings.signedEstimate(mean, 3) + ", over "
                                + Words.count(betas, "value") + " of β and "
                                + Words.count(differences.size(), "seed")));
            }
        }
        return new Finding(
                "length-size",
                "Length explains more of the implicit reward of small models than of large ones.",
                Findings.RAFAILOV + ", §3.3",
                "For each objective, smallest against largest size, R² averaged over the checkpoints of a run, over"
                    + " the values of β that both have, a seed counting once: yes, if the mean difference exceeds 1.96"
                    + " standard errors; no, if it is below minus as much. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? kept(Conditions.sizes(study))
                                .orElse("No objective has the smallest and the largest size at the same β and seed.")
                        : "");
    }

    /// Mean R² over a trajectory's checkpoints, by seed.
    private Map<Long, Double> meanShares(Trajectory trajectory) {
        return trajectory.stages().stream()
                .flatMap(stage -> stage.points().stream())
                .filter(fits::containsKey)
                .collect(Collectors.groupingBy(
                        point -> point.cell().seed(), TreeMap::new, Collectors.averagingDouble(this::explainedShare)));
    }

    private Finding shortLoseMost() {
        List<Case> cases = new ArrayList<>();
        double z = Significance.threshold(1);
        for (StudyGroups.Group group : study.groups()) {
            Trajectory smallest = group.members().getFirst();
            Estimate slope = Estimate.average(smallest.last().points().stream()
                    .map(fits::get)
                    .flatMap(java.util.stream.Stream::ofNullable)
                    .map(fit -> new Estimate(
                            fit.withIntercept().slope(), fit.withIntercept().slopeError()))
                    .toList());
            if (!slope.isMissing()) {
                cases.add(new Case(
                        study.label(group),
                        !smallest.isRepeated()
                                ? Outcome.UNDECIDED
                                : slope.z() > z
                                        ? Outcome.SHOWN
                                        : slope.z() < -z ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                        OveroptimizationFindings.beta(smallest) + "log(π/SFT) changes by "
                                + OveroptimizationFindings.signedEstimate(slope, 3)
                                + " nats per token of length; " + Words.count(smallest.seeds(), "seed")));
            }
        }
        return new Finding(
                "length-short",
                "Short responses lose the most likelihood; training moves mass to long ones.",
                "Guo & Xiong 2024, Alignment Guidebook, on DPO",
                "For each objective, at its smallest β and the end of training: yes, if the slope of log(π/SFT) of"
                        + " held-out responses on their length is above 0 by more than 1.96 standard errors; no, if"
                        + " below. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? kept(Conditions.direct(study))
                                .orElse("It takes what a policy says at the end of training, at its smallest β.")
                        : "Where long responses cost gold reward, as in the reviews world, a good policy moves the"
                                + " other way.");
    }

    private static double[] lengths(List<HeldOutResponse> rows) {
        return rows.stream().mapToDouble(HeldOutResponse::length).toArray();
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
