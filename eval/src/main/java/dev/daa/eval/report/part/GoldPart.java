package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.GoldRow;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.ProxyFindings;
import dev.daa.eval.report.measure.FrontierCurve;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.RankCorrelation;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// A gold reward that is itself a reward model, beside the exact one: whether it tells the same story, and where it
/// stops doing so. Nothing where gold is exact.
final class GoldPart {
    private static final int FRONTIER_VERTICES = 60;
    /// A rank correlation above this tells the same story.
    private static final double SAME = 0.9;

    private final StudyData data;
    private final FigureStyle style;
    private final List<Point> points;

    private GoldPart(StudyData data, FigureStyle style) {
        this.data = data;
        this.style = style;
        points = data.points().stream()
                .filter(point -> !point.evaluation().rewards().exactGold().isMissing())
                .toList();
    }

    static AnalysisSection of(StudyData data, FigureStyle style) {
        GoldPart part = new GoldPart(data, style);
        boolean any = !part.points.isEmpty();
        return new AnalysisSection(
                Part.GOLD,
                "The gold model and the exact gold",
                "Gold is here a reward model that was trained on many labels of the exact gold and then frozen, with"
                        + " mean 0 and variance 1 on the SFT policy. It labelled the preferences and is what the report"
                        + " calls gold. The world's formula stands beside it, in its own unit: where the two part, the"
                        + " gold model is exploited too.",
                any ? List.of(part.figure()) : List.of(),
                any ? Optional.of(part.table()) : Optional.empty(),
                any ? List.of(part.finding()) : List.of());
    }

    private AnalysisSection.Table table() {
        List<List<Cell>> rows = data.golds().stream()
                .map(row -> List.of(
                        Cell.text(row.size() + ", seed " + row.seed()),
                        Cell.number(Words.fixed(row.modelMean(), 3)),
                        Cell.number(Words.fixed(row.modelDeviation(), 3)),
                        Cell.number(Words.fixed(row.exactMean(), 3)),
                        Cell.number(Words.fixed(row.exactDeviation(), 3)),
                        Cell.number(Words.percent(row.agreement())),
                        Cell.number(Long.toString(row.samples()))))
                .toList();
        return new AnalysisSection.Table(
                "Both golds on samples of each SFT policy",
                List.of(
                        Cell.text("Base"),
                        Cell.number("model: mean, subtracted"),
                        Cell.number("model: deviation, divided by"),
                        Cell.number("exact: mean"),
                        Cell.number("exact: deviation"),
                        Cell.number("pairs ordered alike"),
                        Cell.number("samples")),
                rows);
    }

    private Figure figure() {
        CsvText csv = new CsvText(
                "run", "objective", "beta", "seed", "distance", "gold", "gold_se", "exact_gold", "exact_gold_se");
        for (Point point : points) {
            csv.row(
                    point.cell().run(),
                    point.cell().objective(),
                    point.cell().beta(),
                    point.cell().seed(),
                    point.distance(),
                    point.gold().mean(),
                    point.gold().standardError(),
                    point.evaluation().rewards().exactGold().mean(),
                    point.evaluation().rewards().exactGold().standardError());
        }
        List<Legend.Entry> legend = new ArrayList<>(style.objectiveLegend());
        legend.add(Legend.Entry.line(
                "best exact gold that any policy can reach at this KL", Palette.FRONTIER, Mark.Stroke.DASHED));
        return new Figure(
                "gold-model-exact",
                "The gold model and the exact gold against the distance from the SFT policy",
                "The same checkpoints under both rewards, ± 1 standard error over prompts.",
                new Legend(legend),
                List.of(new Figure.Group(
                        "",
                        List.of(
                                panel(
                                        "gold model",
                                        "mean gold reward, SFT deviations",
                                        measured -> measured.rewards().gold(),
                                        false),
                                panel(
                                        "exact gold",
                                        "mean exact gold reward",
                                        measured -> measured.rewards().exactGold(),
                                        true)))),
                csv.toString());
    }

    private Panel panel(String title, String label, Function<Evaluation, Estimate> reward, boolean withFrontier) {
        List<Mark> marks = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        double farthest = points.stream().mapToDouble(Point::distance).max().orElseThrow();
        if (withFrontier) {
            FrontierCurve frontier = StudyData.frontier(points);
            List<Mark.Vertex> vertices = new ArrayList<>();
            for (int k = 0; k <= FRONTIER_VERTICES; k++) {
                double d = farthest * k / FRONTIER_VERTICES;
                vertices.add(new Mark.Vertex(d, frontier.bestGold(d)));
            }
            values.add(frontier.bestGold(farthest));
            marks.add(new Mark.Line(vertices, Palette.FRONTIER, Mark.Stroke.DASHED));
        }
        for (String objective : style.study().objectives()) {
            List<Mark.Dot> dots = points.stream()
                    .filter(point -> point.cell().objective().equals(objective))
                    .map(point -> FigureStyle.dot(point, reward.apply(point.evaluation()), title, 2))
                    .toList();
            dots.forEach(dot -> values.add(dot.y()));
            marks.add(new Mark.Dots(dots, style.objective(objective), style.shape(objective)));
        }
        return new Panel(
                title,
                FigureStyle.distanceAxis(new double[] {farthest}),
                Axis.covering(
                        label, values.stream().mapToDouble(Double::doubleValue).toArray(), 6, true),
                marks);
    }

    private Finding finding() {
        List<Case> cases = new ArrayList<>();
        for (StudyGroups.Group group : style.study().groups()) {
            List<Point> members = group.members().stream()
                    .flatMap(member -> member.stages().stream())
                    .flatMap(stage -> stage.points().stream())
                    .filter(point -> !point.isStart()
                            && !point.evaluation().rewards().exactGold().isMissing())
                    .toList();
            if (members.size() < RankCorrelation.LEAST_POINTS) {
                continue;
            }
            RankCorrelation rank = RankCorrelation.of(
                    members,
                    _ -> group,
                    point -> point.gold().mean(),
                    point -> point.evaluation().rewards().exactGold().mean());
            cases.add(new Case(
                    style.study().label(group),
                    rank.low() > SAME ? Outcome.SHOWN : rank.high() < SAME ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                    "rank correlation of the two over " + Words.count(members.size(), "checkpoint") + " " + rank + "; "
                            + farthest(members)));
        }
        return new Finding(
                "gold-model",
                "A gold reward that is itself a trained model ranks the policies as the exact one does.",
                ProxyFindings.GAO + ", §2.1, assumes it",
                "For each objective, all its checkpoints: yes, if the 95 % interval of the rank correlation of the two"
                        + " gold rewards lies above " + SAME + "; no, if below. " + RankCorrelation.RULE,
                cases,
                cases.isEmpty()
                        ? "No objective has five checkpoints" + style.study().atOneSize() + "."
                        : "A gold model is trusted most where it was trained: near the SFT policy.");
    }

    /// How far apart the two are at the checkpoint farthest from the SFT policy, in the SFT policy's deviations.
    private String farthest(List<Point> members) {
        Point far = members.stream()
                .max(Comparator.comparingDouble(Point::distance))
                .orElseThrow();
        Optional<GoldRow> scale = data.golds().stream()
                .filter(row -> row.size().equals(far.cell().size())
                        && row.seed() == far.cell().seed())
                .findFirst();
        return scale.map(row -> {
                    Estimate exact = far.evaluation().rewards().exactGold();
                    Estimate scaled = new Estimate(
                            (exact.mean() - row.exactMean()) / row.exactDeviation(),
                            exact.errorOrZero() / row.exactDeviation());
                    return "farthest, at √KL " + Words.fixed(far.distance(), 2) + ": model "
                            + Words.estimate(far.gold(), 2) + ", exact " + Words.estimate(scaled, 2)
                            + " standard deviations above the SFT policy, "
                            + Words.count(far.evaluation().responses().prompts(), "prompt");
                })
                .orElse("scales not recorded");
    }
}
