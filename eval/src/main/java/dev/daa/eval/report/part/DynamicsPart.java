package dev.daa.eval.report.part;

import dev.daa.eval.analysis.LineFit;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// When each β is best, and how far it is at the end (2406.02900, findings 2 and 6).
final class DynamicsPart {
    private final StudyGroups study;
    private final FigureStyle style;

    private DynamicsPart(FigureStyle style) {
        this.style = style;
        study = style.study().direct();
    }

    static AnalysisSection of(StudyData data, FigureStyle style) {
        DynamicsPart part = new DynamicsPart(style);
        return new AnalysisSection(
                Part.DYNAMICS,
                "What β decides",
                "β sets the pace: a small one reaches any distance early. Whether it also sets how good a run can get"
                        + " is another question.",
                List.of(part.figure()),
                part.slopes(),
                List.of());
    }

    private List<Trajectory> members(StudyGroups.Group group) {
        return group.members().stream()
                .filter(member -> member.beta() > 0)
                .filter(member -> member.last().kl().mean() > 0)
                .toList();
    }

    private Figure figure() {
        CsvText csv = new CsvText(
                "objective", "beta", "size", "best_fraction", "best_gold", "best_gold_se", "final_kl", "final_kl_se");
        List<Mark> when = new ArrayList<>();
        List<Mark> best = new ArrayList<>();
        List<Mark> far = new ArrayList<>();
        List<Double> betas = new ArrayList<>();
        List<Double> golds = new ArrayList<>();
        List<Double> distances = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            List<Mark.Dot> whenDots = new ArrayList<>();
            List<Mark.Dot> bestDots = new ArrayList<>();
            List<Mark.Dot> farDots = new ArrayList<>();
            for (Trajectory member : members(group)) {
                double beta = Math.log10(member.beta());
                Trajectory.Stage peak = member.peak();
                Estimate kl = member.last().kl().log();
                double logKl = kl.mean() / Math.log(10);
                String words = member.label(study.hasSizes());
                whenDots.add(new Mark.Dot(
                        beta, 100 * peak.fraction(), 0, words + ": best after " + Words.percent(peak.fraction())));
                bestDots.add(new Mark.Dot(
                        beta,
                        peak.gold().mean(),
                        peak.gold().errorOrZero(),
                        words + ": best gold " + Words.estimate(peak.gold(), 2)));
                farDots.add(new Mark.Dot(
                        beta,
                        logKl,
                        kl.errorOrZero() / Math.log(10),
                        words + ": final KL " + Words.estimate(member.last().kl(), 2)));
                betas.add(beta);
                golds.add(peak.gold().mean());
                distances.add(logKl);
                csv.row(
                        group.objective(),
                        member.beta(),
                        group.size(),
                        peak.fraction(),
                        peak.gold().mean(),
                        peak.gold().standardError(),
                        member.last().kl().mean(),
                        member.last().kl().standardError());
            }
            Mark.Shape shape = style.shape(group.objective());
            var colour = style.objective(group.objective());
            when.add(new Mark.Dots(whenDots, colour, shape));
            best.add(new Mark.Dots(bestDots, colour, shape));
            best.add(joined(bestDots, colour));
            far.add(new Mark.Dots(farDots, colour, shape));
            far.add(joined(farDots, colour));
        }
        Axis x = Axis.covering("log₁₀ β", array(betas), 5, false);
        return new Figure(
                "beta",
                "When each β is best, how good, and how far it goes",
                "One mark per β, averaged over seeds"
                        + (study.hasSizes() ? "; the sizes of an objective share its colour" : "")
                        + ". Left: share of training after which the gold reward was highest. Middle: gold reward"
                        + " there; the best is picked among noisy checkpoints, so it flatters a little. Right: log₁₀"
                        + " of the KL at the end of training, in nats. Error bars: ± 1 standard error.",
                new Legend(style.objectiveLegend()),
                List.of(new Figure.Group(
                        "",
                        betas.isEmpty()
                                ? List.of()
                                : List.of(
                                        new Panel(
                                                "Best after",
                                                x,
                                                new Axis("share of training at the best checkpoint, %", 0, 105, 25),
                                                when),
                                        new Panel(
                                                "Best gold reward",
                                                x,
                                                Axis.covering("mean gold reward", array(golds), 5, true),
                                                best),
                                        new Panel(
                                                "Final KL",
                                                x,
                                                Axis.covering("log₁₀ of the final KL", array(distances), 5, true),
                                                far)))),
                csv.toString());
    }

    private static Mark joined(List<Mark.Dot> dots, dev.daa.eval.report.chart.Colour colour) {
        return new Mark.Line(
                dots.stream().map(dot -> new Mark.Vertex(dot.x(), dot.y())).toList(), colour, Mark.Stroke.FAINT);
    }

    /// The exponent p of final KL ∝ β^p, which takes three values of β.
    private Optional<AnalysisSection.Table> slopes() {
        List<List<Cell>> rows = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            List<Trajectory> members = members(group);
            double[] x = members.stream()
                    .mapToDouble(member -> Math.log10(member.beta()))
                    .toArray();
            double[] y = members.stream()
                    .mapToDouble(member -> Math.log10(member.last().kl().mean()))
                    .toArray();
            LineFit.withIntercept(x, y)
                    .ifPresent(line -> rows.add(List.of(
                            Cell.text(study.label(group)),
                            Cell.number(Words.fixed(line.slope(), 2)
                                    + Words.PLUS_MINUS
                                    + Words.fixed(line.slopeError(), 2)),
                            Cell.number(Words.fixed(line.rSquared(), 2)),
                            Cell.number(Integer.toString(line.points())))));
        }
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(new AnalysisSection.Table(
                        "Final KL as a power of β",
                        List.of(
                                Cell.text("Objective"),
                                Cell.number("exponent p of final KL ∝ β^p"),
                                Cell.number("R² in logarithms"),
                                Cell.number("values of β")),
                        rows));
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
