package dev.daa.eval.report.part;

import dev.daa.eval.analysis.LineFit;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
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
import java.util.function.Function;

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

    /// Those whose β and final KL have a logarithm.
    private static List<Trajectory> members(StudyGroups.Group group) {
        return group.members().stream()
                .filter(member -> member.beta() > 0)
                .filter(member -> member.last().kl().mean() > 0)
                .toList();
    }

    private Figure figure() {
        return new Figure(
                "beta",
                "When each β is best, how good, and how far it goes",
                "One mark per β, averaged over seeds"
                        + (study.hasSizes() ? "; the sizes of an objective share its colour" : "")
                        + ". Left: share of training after which the gold reward was highest. Middle: gold reward"
                        + " there; the best is picked among noisy checkpoints, so it flatters a little. Right: log₁₀"
                        + " of the KL at the end of training, in nats. Error bars: ± 1 standard error.",
                new Legend(style.objectiveLegend()),
                List.of(new Figure.Group("", panels())),
                csv());
    }

    private List<Panel> panels() {
        List<Trajectory> all = study.groups().stream()
                .flatMap(group -> members(group).stream())
                .toList();
        if (all.isEmpty()) {
            return List.of();
        }
        Axis x = Axis.covering(
                "log₁₀ β", all.stream().mapToDouble(DynamicsPart::logBeta).toArray(), 5, false);
        return List.of(
                new Panel(
                        "Best after",
                        x,
                        new Axis("share of training at the best checkpoint, %", 0, 105, 25),
                        marks(this::bestAfter, false)),
                new Panel(
                        "Best gold reward",
                        x,
                        Axis.covering("mean gold reward", heights(all, this::bestGold), 5, true),
                        marks(this::bestGold, true)),
                new Panel(
                        "Final KL",
                        x,
                        Axis.covering("log₁₀ of the final KL", heights(all, this::finalKl), 5, true),
                        marks(this::finalKl, true)));
    }

    /// Dots of every objective in its colour and shape.
    ///
    /// @param joined whether a line goes through those of an objective
    private List<Mark> marks(Function<Trajectory, Mark.Dot> dot, boolean joined) {
        List<Mark> marks = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            List<Mark.Dot> dots = members(group).stream().map(dot).toList();
            Colour colour = style.objective(group.objective());
            marks.add(new Mark.Dots(dots, colour, style.shape(group.objective())));
            if (joined) {
                marks.add(new Mark.Line(
                        dots.stream()
                                .map(one -> new Mark.Vertex(one.x(), one.y()))
                                .toList(),
                        colour,
                        Mark.Stroke.FAINT));
            }
        }
        return marks;
    }

    private static double[] heights(List<Trajectory> members, Function<Trajectory, Mark.Dot> dot) {
        return members.stream().map(dot).mapToDouble(Mark.Dot::y).toArray();
    }

    private static double logBeta(Trajectory member) {
        return Math.log10(member.beta());
    }

    private Mark.Dot bestAfter(Trajectory member) {
        double fraction = member.peak().fraction();
        return new Mark.Dot(
                logBeta(member), 100 * fraction, 0, words(member) + ": best after " + Words.percent(fraction));
    }

    private Mark.Dot bestGold(Trajectory member) {
        Estimate gold = member.peak().gold();
        return new Mark.Dot(
                logBeta(member),
                gold.mean(),
                gold.errorOrZero(),
                words(member) + ": best gold " + Words.estimate(gold, 2));
    }

    private Mark.Dot finalKl(Trajectory member) {
        Estimate kl = member.last().kl();
        Estimate natural = kl.log();
        return new Mark.Dot(
                logBeta(member),
                natural.mean() / Math.log(10),
                natural.errorOrZero() / Math.log(10),
                words(member) + ": final KL " + Words.estimate(kl, 2));
    }

    private String words(Trajectory member) {
        return member.label(study.hasSizes());
    }

    private String csv() {
        CsvText csv = new CsvText(
                "objective", "beta", "size", "best_fraction", "best_gold", "best_gold_se", "final_kl", "final_kl_se");
        for (StudyGroups.Group group : study.groups()) {
            for (Trajectory member : members(group)) {
                Estimate gold = member.peak().gold();
                Estimate kl = member.last().kl();
                csv.row(
                        group.objective(),
                        member.beta(),
                        group.size(),
                        member.peak().fraction(),
                        gold.mean(),
                        gold.standardError(),
                        kl.mean(),
                        kl.standardError());
            }
        }
        return csv.toString();
    }

    /// The exponent p of final KL ∝ β^p, which takes three values of β.
    private Optional<AnalysisSection.Table> slopes() {
        List<List<Cell>> rows = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            List<Trajectory> members = members(group);
            double[] x = members.stream().mapToDouble(DynamicsPart::logBeta).toArray();
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
}
