package dev.daa.eval.report.figure;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Axis;
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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// Figures that set one measurement against another: proxy and gold, accuracy and gold, likelihood and divergence.
final class DiagnosisFigures {
    /// Proxy and gold are drawn down to this share of their maximum.
    private static final double LOWEST_SHARE = -1.2;

    private final StudyData data;
    private final FigureStyle style;
    private final StudyGroups study;

    DiagnosisFigures(StudyData data, FigureStyle style) {
        this.data = data;
        this.style = style;
        this.study = style.study();
    }

    /// Proxy and gold along the run of each objective with the fullest hump, each as a share of its
    /// maximum.
    Figure proxyAndGold() {
        List<Panel> panels = new ArrayList<>();
        CsvText csv = new CsvText(
                "objective", "beta", "size", "fraction", "distance", "gold_gain", "proxy", "gold_share", "proxy_share");
        List<String> scales = new ArrayList<>();
        for (String objective : study.objectives()) {
            Optional<Trajectory> falling = study.trajectories().stream()
                    .filter(member -> member.objective().equals(objective)
                            && member.rise().mean() > 0)
                    .filter(member -> !member.last().average(proxyOf(member)).isMissing())
                    .max(Comparator.comparingDouble(Trajectory::hump));
            falling.ifPresent(member -> {
                double goldScale = member.rise().mean();
                double proxyScale = member.stages().stream()
                        .mapToDouble(stage -> proxy(member, stage))
                        .filter(Double::isFinite)
                        .max()
                        .orElse(1);
                List<Mark.Vertex> gold = new ArrayList<>();
                List<Mark.Vertex> proxy = new ArrayList<>();
                List<Mark.Dot> goldDots = new ArrayList<>();
                List<Mark.Dot> proxyDots = new ArrayList<>();
                List<Trajectory.Stage> outwards = member.stages().stream()
                        .sorted(Comparator.comparingDouble(Trajectory.Stage::distance))
                        .toList();
                for (Trajectory.Stage stage : outwards) {
                    Estimate gain = stage.gold()
                            .minus(Estimate.exact(member.first().gold().mean()));
                    Estimate implicit = stage.average(proxyOf(member));
                    double implicitMean = proxy(member, stage);
                    gold.add(new Mark.Vertex(stage.distance(), gain.mean() / goldScale));
                    proxy.add(new Mark.Vertex(stage.distance(), implicitMean / proxyScale));
                    goldDots.add(new Mark.Dot(
                            stage.distance(),
                            gain.mean() / goldScale,
                            gain.errorOrZero() / goldScale,
                            "gold gain " + Words.estimate(gain, 2)));
                    proxyDots.add(new Mark.Dot(
                            stage.distance(),
                            implicitMean / proxyScale,
                            implicit.errorOrZero() / proxyScale,
                            "proxy " + Words.fixed(implicitMean, 3)));
                    csv.row(
                            objective,
                            member.beta(),
                            member.size(),
                            stage.fraction(),
                            stage.distance(),
                            gain.mean(),
                            implicitMean,
                            gain.mean() / goldScale,
                            implicitMean / proxyScale);
                }
                List<Mark> marks = List.of(
                        new Mark.Level(0, Palette.AXIS),
                        new Mark.Line(proxy, Palette.MUTED, Mark.Stroke.DASHED),
                        new Mark.Dots(proxyDots, Palette.MUTED, Mark.Shape.RING),
                        new Mark.Line(gold, style.objective(objective), Mark.Stroke.BOLD),
                        new Mark.Dots(goldDots, style.objective(objective), style.shape(objective)));
                double[] heights = java.util.stream.Stream.concat(gold.stream(), proxy.stream())
                        .mapToDouble(Mark.Vertex::y)
                        .filter(share -> share >= LOWEST_SHARE)
                        .toArray();
                panels.add(new Panel(
                        member.label(study.hasSizes()),
                        FigureStyle.distanceAxis(member.stages().stream()
                                .mapToDouble(Trajectory.Stage::distance)
                                .toArray()),
                        Axis.covering("share of its own maximum", FigureStyle.withZero(heights), 5, true),
                        marks));
                scales.add(member.label(study.hasSizes()) + ": gold gain " + Words.fixed(goldScale, 2) + ", proxy "
                        + Words.fixed(proxyScale, 3));
            });
        }
        return new Figure(
                "proxy-gold",
                "Proxy and gold, from the SFT policy outwards",
                "For each objective the β with the fullest hump, that is the greatest smaller of rise and fall; its"
                        + " checkpoints are joined in the order of their distance. Both"
                        + " curves start at 0 with the SFT policy and are divided by their own"
                        + " maximum along the run (" + String.join("; ", scales)
                        + "). The proxy is what is optimised: the implicit reward β·log(π/SFT) of the policy's own"
                        + " samples, or the score of the reward model. Over-optimisation is where they part. Error"
                        + " bars: ± 1 standard error; what lies below −1.2 is not drawn.",
                new Legend(List.of(
                        Legend.Entry.line("gold reward gained", Palette.INK, Mark.Stroke.BOLD),
                        Legend.Entry.line("proxy", Palette.MUTED, Mark.Stroke.DASHED))),
                List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    /// What a policy was made to optimise.
    private static Function<Evaluation, Estimate> proxyOf(Trajectory member) {
        return switch (member.method()) {
            case SFT, DIRECT, ONLINE -> measured -> measured.rewards().implicit();
            case REINFORCEMENT, BEST_OF_N -> measured -> measured.rewards().proxy();
        };
    }

    /// The proxy; the implicit reward is 0 by definition where the policy is the SFT policy.
    private static double proxy(Trajectory member, Trajectory.Stage stage) {
        double mean = stage.average(proxyOf(member)).mean();
        return Double.isNaN(mean) && stage.fraction() == 0 ? 0 : mean;
    }

    Figure prediction() {
        List<Point> trained =
                data.points().stream().filter(point -> !point.isStart()).toList();
        double[] gold =
                trained.stream().mapToDouble(point -> point.gold().mean()).toArray();
        Axis y = style.framedGold(gold, 5, false);
        List<Panel> panels = new ArrayList<>();
        panels.add(scatter(
                "Accuracy",
                Axis.covering(
                        "implicit reward accuracy on held-out pairs, %",
                        trained.stream()
                                .mapToDouble(point ->
                                        100 * point.evaluation().heldOut().accuracy())
                                .toArray(),
                        6,
                        false),
                y,
                trained,
                point -> 100 * point.evaluation().heldOut().accuracy()));
        panels.add(scatter(
                "Loss",
                new Axis("rank of the held-out loss within objective and size, % (0 = least)", 0, 100, 20),
                y,
                trained,
                point -> lossRank(point, trained)));
        CsvText csv = new CsvText(
                "objective",
                "beta",
                "size",
                "seed",
                "fraction",
                "implicit_accuracy",
                "loss",
                "loss_rank",
                "gold",
                "gold_se");
        for (Point point : trained) {
            csv.row(
                    point.cell().objective(),
                    point.cell().beta(),
                    point.cell().size(),
                    point.cell().seed(),
                    point.fraction(),
                    point.evaluation().heldOut().accuracy(),
                    point.evaluation().heldOut().loss(),
                    lossRank(point, trained),
                    point.gold().mean(),
                    point.gold().standardError());
        }
        return new Figure(
                "prediction",
                "Do accuracy and loss tell how good a policy is?",
                "Each mark is one checkpoint after the start. Left: share of held-out pairs that the implicit reward"
                    + " orders like the label. Right: rank of the objective's loss on held-out pairs, since losses of"
                    + " different objectives have no common scale. Error bars: ± 1 standard error over prompts."
                        + style.frame().remark(),
                new Legend(style.objectiveLegend()),
                List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    private Panel scatter(String title, Axis x, Axis y, List<Point> points, ToDoubleFunction<Point> across) {
        List<Mark> marks = new ArrayList<>();
        for (String objective : study.objectives()) {
            marks.add(new Mark.Dots(
                    points.stream()
                            .filter(point -> point.cell().objective().equals(objective))
                            .map(point -> {
                                Mark.Dot dot = FigureStyle.dot(point, point.gold(), "gold", 2);
                                return new Mark.Dot(across.applyAsDouble(point), dot.y(), dot.error(), dot.text());
                            })
                            .toList(),
                    style.objective(objective),
                    style.shape(objective)));
        }
        return new Panel(title, x, y, marks);
    }

    /// Share of the other checkpoints of the same objective and size with a smaller loss, in percent.
    private static double lossRank(Point point, List<Point> points) {
        double loss = point.evaluation().heldOut().loss();
        if (Double.isNaN(loss)) {
            return Double.NaN;
        }
        double[] others = points.stream()
                .filter(other -> other.cell().objective().equals(point.cell().objective())
                        && other.cell().size().equals(point.cell().size()))
                .mapToDouble(other -> other.evaluation().heldOut().loss())
                .filter(value -> !Double.isNaN(value))
                .toArray();
        double below = Arrays.stream(others)
                .map(value -> value < loss ? 1 : value == loss ? 0.5 : 0)
                .sum();
        return others.length == 1 ? 50 : 100 * (below - 0.5) / (others.length - 1);
    }

    Figure forwardKl() {
        List<Point> trained = data.points().stream()
                .filter(point -> !point.isStart()
                        && !point.evaluation().kl().forward().isMissing()
                        && !Double.isNaN(point.evaluation().heldOut().chosenLogRatio()))
                .toList();
        double[] forward = trained.stream()
                .mapToDouble(point -> -point.evaluation().kl().forward().mean())
                .toArray();
        double[] chosen = trained.stream()
                .mapToDouble(point -> point.evaluation().heldOut().chosenLogRatio())
                .toArray();
        double[] distances = trained.stream()
                .mapToDouble(point ->
                        Math.sqrt(Math.max(0, point.evaluation().kl().forward().mean())))
                .toArray();
        List<Mark> likelihood = new ArrayList<>();
        List<Mark> reward = new ArrayList<>();
        likelihood.add(new Mark.Diagonal(Palette.AXIS));
        CsvText csv = new CsvText(
                "objective",
                "beta",
                "size",
                "seed",
                "fraction",
                "forward_kl",
                "forward_kl_se",
                "chosen_log_ratio",
                "gold");
        for (String objective : study.objectives()) {
            List<Mark.Dot> left = new ArrayList<>();
            List<Mark.Dot> right = new ArrayList<>();
            for (Point point : trained) {
                if (point.cell().objective().equals(objective)) {
                    Mark.Dot dot = FigureStyle.dot(point, point.gold(), "gold", 2);
                    double divergence = point.evaluation().kl().forward().mean();
                    left.add(new Mark.Dot(
                            -divergence, point.evaluation().heldOut().chosenLogRatio(), 0, dot.text()));
                    right.add(new Mark.Dot(Math.sqrt(Math.max(0, divergence)), dot.y(), dot.error(), dot.text()));
                    csv.row(
                            objective,
                            point.cell().beta(),
                            point.cell().size(),
                            point.cell().seed(),
                            point.fraction(),
                            divergence,
                            point.evaluation().kl().forward().standardError(),
                            point.evaluation().heldOut().chosenLogRatio(),
                            point.gold().mean());
                }
            }
            likelihood.add(new Mark.Dots(left, style.objective(objective), style.shape(objective)));
            reward.add(new Mark.Dots(right, style.objective(objective), style.shape(objective)));
        }
        List<Panel> panels = trained.isEmpty()
                ? List.of()
                : List.of(
                        new Panel(
                                "Chosen responses",
                                Axis.covering("−KL(SFT‖π), nats", FigureStyle.withZero(forward), 5, true),
                                Axis.covering(
                                        "mean log-ratio of chosen responses, nats",
                                        FigureStyle.withZero(chosen),
                                        5,
                                        true),
                                likelihood),
                        new Panel(
                                "Gold reward against the forward KL",
                                Axis.covering("√KL(SFT‖π), √nats", FigureStyle.withZero(distances), 5, false),
                                style.framedGold(
                                        trained.stream()
                                                .mapToDouble(
                                                        point -> point.gold().mean())
                                                .toArray(),
                                        5,
                                        false),
                                reward));
        return new Figure(
                "forward-kl",
                "Why chosen responses become less likely",
                "Left: if chosen responses were typical samples of the SFT policy, their mean log-ratio would equal"
                    + " −KL(SFT‖π), the dashed diagonal; above it, the policy keeps them better than its reference's"
                    + " average sample. Right: the law's axis with the KL taken the other way round. Each mark is one"
                    + " checkpoint; error bars ± 1 standard error over prompts.",
                new Legend(style.objectiveLegend()),
                List.of(new Figure.Group("", panels)),
                csv.toString());
    }
}
