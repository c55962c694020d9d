package dev.daa.eval.report.figure;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.TrainingLog;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// Figures that follow each β, averaged over seeds: one panel per objective, one group of panels per model size.
final class TrainingFigures {
    private static final int STRETCHES = 40;

    private final StudyData data;
    private final FigureStyle style;
    private final StudyGroups study;

    TrainingFigures(StudyData data, FigureStyle style) {
        this.data = data;
        this.style = style;
        this.study = style.study().trained();
    }

    /// A quantity of a stage with its error.
    private interface Quantity extends Function<Trajectory.Stage, Estimate> {}

    private static Quantity averageOf(Function<Evaluation, Estimate> quantity) {
        return stage -> stage.average(quantity);
    }

    private static Quantity meanOf(ToDoubleFunction<Evaluation> quantity) {
        return stage -> new Estimate(stage.mean(quantity), Double.NaN);
    }

    private static final Quantity DISTANCE = stage -> new Estimate(stage.distance(), Double.NaN);
    private static final Quantity PROGRESS = stage -> new Estimate(100 * stage.fraction(), Double.NaN);
    private static final Quantity STEP = stage -> new Estimate(stage.step(), Double.NaN);

    /// ± what, over how many seeds.
    private String errors() {
        int seeds =
                study.trajectories().stream().mapToInt(Trajectory::seeds).max().orElse(0);
        return seeds > 1
                ? "Means over " + seeds
                        + " seeds; error bars are ± 1 standard error, the greater of that over prompts and that"
                        + " over seeds."
                : "One seed; error bars are ± 1 standard error over prompts.";
    }

    Figure goldByBeta() {
        Axis x = style.framedDistance();
        Axis y = style.framedGold(values(Trajectory.Stage::gold), 5, true);
        List<Legend.Entry> legend = new ArrayList<>(style.betaLegend());
        legend.addAll(style.frontierLegend());
        return new Figure(
                "gold-distance-beta",
                "The way each " + style.study().betaName() + " takes",
                "Checkpoints of one " + style.study().betaName()
                        + " joined in the order of training, from the SFT policy at the left. A smaller one"
                        + " allows a greater KL. " + errors() + style.frame().remark(),
                new Legend(legend),
                facets(x, DISTANCE, y, Trajectory.Stage::gold, true),
                csv("distance", DISTANCE, "gold", Trajectory.Stage::gold));
    }

    Figure goldOverTraining() {
        return new Figure(
                "gold-training",
                "Gold reward over training",
                "Mean gold reward of held-out responses against the share of training done. " + errors()
                        + style.frame().remark(),
                new Legend(style.betaLegend()),
                facets(
                        axis("training done, %", PROGRESS, 4, false),
                        PROGRESS,
                        style.framedGold(values(Trajectory.Stage::gold), 5, false),
                        Trajectory.Stage::gold,
                        false),
                csv("training_percent", PROGRESS, "gold", Trajectory.Stage::gold));
    }

    Figure klOverTraining() {
        Quantity kl = averageOf(measured -> measured.kl().exact());
        return new Figure(
                "kl-training",
                "Distance from the SFT policy over training",
                "√KL against optimiser steps; KL(π‖SFT) is exact per token, summed along sampled responses, in nats per"
                        + " response. Shown is √KL, because KL itself spans two orders of magnitude. " + errors(),
                new Legend(style.betaLegend()),
                facets(
                        axis("optimiser steps", STEP, 4, false),
                        STEP,
                        axis(FigureStyle.DISTANCE, DISTANCE, 5, true),
                        DISTANCE,
                        false),
                csv("step", STEP, "kl", kl));
    }

    Figure frontierShare() {
        Quantity share = stage -> new Estimate(100 * stage.frontierShare(), Double.NaN);
        // Far beyond the hump the share falls without bound, and near the start it divides noise by nearly nothing.
        Axis y = new Axis("share of the attainable gain, %", -100, 125, 50);
        return new Figure(
                "frontier-share",
                "How much of what is attainable each " + style.study().betaName() + " attains",
                "(gold − SFT's gold) / (best attainable gold at this KL − SFT's gold), means over seeds: 100 % is the"
                        + " exact optimum at that KL, below 0 % the policy is worse than where it started. What"
                        + " lies below −100 % or above 125 % is not drawn.",
                new Legend(style.betaLegend()),
                facets(style.framedDistance(), DISTANCE, y, share, false),
                csv("distance", DISTANCE, "share_percent", share));
    }

    Figure logRatios() {
        Quantity chosen = meanOf(measured -> measured.heldOut().chosenLogRatio());
        Quantity rejected = meanOf(measured -> measured.heldOut().rejectedLogRatio());
        double[] both = concat(values(chosen), values(rejected));
        Axis x = axis("training done, %", PROGRESS, 4, false);
        Axis y = Axis.covering("mean log-ratio to the SFT policy, nats", FigureStyle.withZero(both), 5, true);
        List<Legend.Entry> legend = new ArrayList<>(style.betaLegend());
        legend.add(Legend.Entry.line("chosen", Palette.MUTED, Mark.Stroke.SOLID));
        legend.add(Legend.Entry.line("rejected", Palette.MUTED, Mark.Stroke.DOTTED));
        List<Figure.Group> groups = new ArrayList<>();
        for (String size : sizesLargestFirst()) {
            List<Panel> panels = new ArrayList<>();
            for (String objective : study.objectives()) {
                List<Mark> marks = new ArrayList<>();
                marks.add(new Mark.Level(0, Palette.AXIS));
                for (Trajectory member : members(objective, size)) {
                    marks.add(line(member, PROGRESS, chosen, style.beta(member.beta()), Mark.Stroke.SOLID));
                    marks.add(line(member, PROGRESS, rejected, style.beta(member.beta()), Mark.Stroke.DOTTED));
                }
                panels.add(new Panel(Words.objective(objective), x, y, marks));
            }
            groups.add(new Figure.Group(groupTitle(size), panels));
        }
        CsvText csv =
                new CsvText("objective", "beta", "size", "training_percent", "chosen_log_ratio", "rejected_log_ratio");
        for (Trajectory member : study.trajectories()) {
            for (Trajectory.Stage stage : member.stages()) {
                csv.row(
                        member.objective(),
                        member.beta(),
                        member.size(),
                        PROGRESS.apply(stage).mean(),
                        chosen.apply(stage).mean(),
                        rejected.apply(stage).mean());
            }
        }
        return new Figure(
                "log-ratios",
                "Chosen and rejected responses over training",
                "Mean log-ratio log(π/SFT) of held-out chosen (solid) and rejected (dotted) responses. Both usually"
                    + " fall: the loss only asks for a gap between them, and leaves open where the freed probability"
                    + " goes.",
                new Legend(legend),
                groups,
                csv.toString());
    }

    Figure trainingLoss() {
        List<Figure.Group> groups = new ArrayList<>();
        CsvText csv = new CsvText("objective", "beta", "size", "run", "step", "relative_loss");
        for (String size : sizesLargestFirst()) {
            List<Panel> panels = new ArrayList<>();
            for (String objective : study.objectives()) {
                List<Mark> marks = new ArrayList<>();
                double last = 1;
                double top = 1;
                for (Trajectory member : members(objective, size)) {
                    Point point = member.last().points().getFirst();
                    TrainingLog log = data.logs().get(point.cell().run());
                    if (log == null) {
                        continue;
                    }
                    List<TrainingLog.Mean> means = log.stretches("loss", STRETCHES);
                    List<Mark.Vertex> vertices = new ArrayList<>();
                    for (TrainingLog.Mean mean : means) {
                        double relative = mean.value() / means.getFirst().value();
                        vertices.add(new Mark.Vertex(mean.step(), relative));
                        last = Math.max(last, mean.step());
                        top = Math.max(top, Math.min(relative, 2));
                        csv.row(objective, member.beta(), size, point.cell().run(), mean.step(), relative);
                    }
                    marks.add(new Mark.Line(vertices, style.beta(member.beta()), Mark.Stroke.SOLID));
                }
                if (!marks.isEmpty()) {
                    panels.add(new Panel(
                            Words.objective(objective),
                            Axis.covering("optimiser steps", new double[] {0, last}, 4, false),
                            Axis.covering("training loss, relative to its beginning", new double[] {0, top}, 5, true),
                            marks));
                }
            }
            if (!panels.isEmpty()) {
                groups.add(new Figure.Group(groupTitle(size), panels));
            }
        }
        return new Figure(
                "training-loss",
                "Training loss",
                "The objective on the training pairs, averaged over forty equal stretches of one run (first seed) and"
                        + " divided by the first of them, so that objectives and values of β of different scale can be"
                        + " compared; cut off at 2.",
                new Legend(style.betaLegend()),
                groups,
                csv.toString());
    }

    private List<String> sizesLargestFirst() {
        return study.sizes().reversed();
    }

    private String groupTitle(String size) {
        return study.hasSizes() ? "Size " + size : "";
    }

    private List<Trajectory> members(String objective, String size) {
        return study.trajectories().stream()
                .filter(member ->
                        member.objective().equals(objective) && member.size().equals(size))
                .toList();
    }

    private List<Figure.Group> facets(Axis x, Quantity across, Axis y, Quantity up, boolean frontier) {
        List<Figure.Group> groups = new ArrayList<>();
        for (String size : sizesLargestFirst()) {
            List<Panel> panels = new ArrayList<>();
            for (String objective : study.objectives()) {
                List<Mark> marks = new ArrayList<>(frontier ? style.frontier(x.max()) : List.of());
                if (y.min() < 0 && y.max() > 0 && !frontier) {
                    marks.add(new Mark.Level(0, Palette.AXIS));
                }
                for (Trajectory member : members(objective, size)) {
                    Colour colour = style.beta(member.beta());
                    marks.add(line(member, across, up, colour, Mark.Stroke.SOLID));
                    marks.add(new Mark.Dots(dots(member, across, up), colour, Mark.Shape.CIRCLE));
                }
                panels.add(new Panel(Words.objective(objective), x, y, marks));
            }
            groups.add(new Figure.Group(groupTitle(size), panels));
        }
        return groups;
    }

    private static Mark line(Trajectory member, Quantity across, Quantity up, Colour colour, Mark.Stroke stroke) {
        return new Mark.Line(
                member.stages().stream()
                        .map(stage -> new Mark.Vertex(
                                across.apply(stage).mean(), up.apply(stage).mean()))
                        .toList(),
                colour,
                stroke);
    }

    private static List<Mark.Dot> dots(Trajectory member, Quantity across, Quantity up) {
        return member.stages().stream()
                .map(stage -> {
                    Estimate value = up.apply(stage);
                    String words = member.label(true) + ", " + Words.percent(stage.fraction()) + " of training: "
                            + Words.estimate(value, 2) + ", KL "
                            + Words.fixed(stage.kl().mean(), 2);
                    return new Mark.Dot(across.apply(stage).mean(), value.mean(), value.errorOrZero(), words);
                })
                .toList();
    }

    private Axis axis(String label, Quantity quantity, int ticks, boolean toTicks) {
        return Axis.covering(label, FigureStyle.withZero(values(quantity)), ticks, toTicks);
    }

    private double[] values(Quantity quantity) {
        return study.trajectories().stream()
                .flatMap(member -> member.stages().stream())
                .mapToDouble(stage -> quantity.apply(stage).mean())
                .toArray();
    }

    private static double[] concat(double[] first, double[] second) {
        double[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private String csv(String across, Quantity x, String up, Quantity y) {
        CsvText csv = new CsvText("objective", "beta", "size", "fraction", across, up, up + "_se");
        for (Trajectory member : study.trajectories()) {
            for (Trajectory.Stage stage : member.stages()) {
                Estimate value = y.apply(stage);
                csv.row(
                        member.objective(),
                        member.beta(),
                        member.size(),
                        stage.fraction(),
                        x.apply(stage).mean(),
                        value.mean(),
                        value.standardError());
            }
        }
        return csv.toString();
    }
}
