package dev.daa.eval.report.figure;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
        List<Shares> runs = study.objectives().stream()
                .flatMap(objective -> fullestHump(objective).map(Shares::of).stream())
                .toList();
        CsvText csv = new CsvText(
                "objective", "beta", "size", "fraction", "distance", "gold_gain", "proxy", "gold_share", "proxy_share");
        runs.forEach(run -> run.addTo(csv));
        String scales = runs.stream()
                .map(run -> run.member().label(study.hasSizes()) + ": gold gain " + Words.fixed(run.goldScale(), 2)
                        + ", proxy " + Words.fixed(run.proxyScale(), 3))
                .collect(Collectors.joining("; "));
        return new Figure(
                "proxy-gold",
                "Proxy and gold, from the SFT policy outwards",
                "For each objective the β with the fullest hump, that is the greatest smaller of rise and fall; its"
                        + " checkpoints are joined in the order of their distance. Both"
                        + " curves start at 0 with the SFT policy and are divided by their own"
                        + " maximum along the run (" + scales
                        + "). The proxy is what is optimised: the implicit reward β·log(π/SFT) of the policy's own"
                        + " samples, or the score of the reward model. Over-optimisation is where they part. Error"
                        + " bars: ± 1 standard error; what lies below −1.2 is not drawn.",
                new Legend(List.of(
                        Legend.Entry.line("gold reward gained", Palette.INK, Mark.Stroke.BOLD),
                        Legend.Entry.line("proxy", Palette.MUTED, Mark.Stroke.DASHED))),
                List.of(new Figure.Group("", runs.stream().map(this::panel).toList())),
                csv.toString());
    }

    private Optional<Trajectory> fullestHump(String objective) {
        return study.trajectories().stream()
                .filter(member ->
                        member.objective().equals(objective) && member.rise().mean() > 0)
                .filter(member -> !member.last().average(proxyOf(member)).isMissing())
                .max(Comparator.comparingDouble(Trajectory::hump));
    }

    private Panel panel(Shares run) {
        Trajectory member = run.member();
        Colour colour = style.objective(member.objective());
        List<Mark.Dot> gold = run.goldDots();
        List<Mark.Dot> proxy = run.proxyDots();
        double[] heights = Stream.concat(gold.stream(), proxy.stream())
                .mapToDouble(Mark.Dot::y)
                .filter(share -> share >= LOWEST_SHARE)
                .toArray();
        return new Panel(
                member.label(study.hasSizes()),
                FigureStyle.distanceAxis(member.stages().stream()
                        .mapToDouble(Trajectory.Stage::distance)
                        .toArray()),
                Axis.covering("share of its own maximum", FigureStyle.withZero(heights), 5, true),
                List.of(
                        new Mark.Level(0, Palette.AXIS),
                        new Mark.Line(vertices(proxy), Palette.MUTED, Mark.Stroke.DASHED),
                        new Mark.Dots(proxy, Palette.MUTED, Mark.Shape.RING),
                        new Mark.Line(vertices(gold), colour, Mark.Stroke.BOLD),
                        new Mark.Dots(gold, colour, style.shape(member.objective()))));
    }

    private static List<Mark.Vertex> vertices(List<Mark.Dot> dots) {
        return dots.stream().map(dot -> new Mark.Vertex(dot.x(), dot.y())).toList();
    }

    /// A run from the SFT policy outwards.
    ///
    /// @param outwards its stages by their distance
    /// @param goldScale greatest gain of gold, which its shares are of
    /// @param proxyScale the same of the proxy; 1 where it has no value
    private record Shares(Trajectory member, List<Trajectory.Stage> outwards, double goldScale, double proxyScale) {
        static Shares of(Trajectory member) {
            return new Shares(
                    member,
                    member.stages().stream()
                            .sorted(Comparator.comparingDouble(Trajectory.Stage::distance))
                            .toList(),
                    member.rise().mean(),
                    member.stages().stream()
                            .mapToDouble(stage -> proxy(member, stage))
                            .filter(Double::isFinite)
                            .max()
                            .orElse(1));
        }

        private Estimate gain(Trajectory.Stage stage) {
            return stage.gold().minus(Estimate.exact(member.first().gold().mean()));
        }

        List<Mark.Dot> goldDots() {
            return outwards.stream()
                    .map(stage -> {
                        Estimate gain = gain(stage);
                        return new Mark.Dot(
                                stage.distance(),
                                gain.mean() / goldScale,
                                gain.errorOrZero() / goldScale,
                                "gold gain " + Words.estimate(gain, 2));
                    })
                    .toList();
        }

        List<Mark.Dot> proxyDots() {
            return outwards.stream()
                    .map(stage -> {
                        double mean = proxy(member, stage);
                        return new Mark.Dot(
                                stage.distance(),
                                mean / proxyScale,
                                stage.average(proxyOf(member)).errorOrZero() / proxyScale,
                                "proxy " + Words.fixed(mean, 3));
                    })
                    .toList();
        }

        void addTo(CsvText csv) {
            for (Trajectory.Stage stage : outwards) {
                double gain = gain(stage).mean();
                double proxy = proxy(member, stage);
                csv.row(
                        member.objective(),
                        member.beta(),
                        member.size(),
                        stage.fraction(),
                        stage.distance(),
                        gain,
                        proxy,
                        gain / goldScale,
                        proxy / proxyScale);
            }
        }
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
        Axis y = style.framedGold(values(trained, point -> point.gold().mean()), 5, false);
        List<Panel> panels = new ArrayList<>();
        panels.add(scatter(
                "Accuracy",
                Axis.covering(
                        "implicit reward accuracy on held-out pairs, %",
                        values(trained, DiagnosisFigures::accuracy), 6, false),
                y,
                trained,
                DiagnosisFigures::accuracy));
        panels.add(scatter(
                "Loss",
                new Axis("rank of the held-out loss within objective and size, % (0 = least)", 0, 100, 20),
                y,
                trained,
                point -> lossRank(point, trained)));
        return new Figure(
                "prediction",
                "Do accuracy and loss tell how good a policy is?",
                "Each mark is one checkpoint after the start. Left: share of held-out pairs that the implicit reward"
                    + " orders like the label. Right: rank of the objective's loss on held-out pairs, since losses of"
                    + " different objectives have no common scale. Error bars: ± 1 standard error over prompts."
                        + style.frame().remark(),
                new Legend(style.objectiveLegend()),
                List.of(new Figure.Group("", panels)),
                predictionCsv(trained));
    }

    private static String predictionCsv(List<Point> trained) {
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
        return csv.toString();
    }

    private Panel scatter(String title, Axis x, Axis y, List<Point> points, ToDoubleFunction<Point> across) {
        return new Panel(title, x, y, dots(points, point -> goldDot(point, across.applyAsDouble(point))));
    }

    /// Percent.
    private static double accuracy(Point point) {
        return 100 * point.evaluation().heldOut().accuracy();
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
                        && !Double.isNaN(chosenLogRatio(point)))
                .toList();
        return new Figure(
                "forward-kl",
                "Why chosen responses become less likely",
                "Left: if chosen responses were typical samples of the SFT policy, their mean log-ratio would equal"
                    + " −KL(SFT‖π), the dashed diagonal; above it, the policy keeps them better than its reference's"
                    + " average sample. Right: the law's axis with the KL taken the other way round. Each mark is one"
                    + " checkpoint; error bars ± 1 standard error over prompts.",
                new Legend(style.objectiveLegend()),
                List.of(new Figure.Group(
                        "",
                        trained.isEmpty() ? List.of() : List.of(likelihoodPanel(trained), forwardGoldPanel(trained)))),
                forwardKlCsv(trained));
    }

    private Panel likelihoodPanel(List<Point> trained) {
        List<Mark> marks = new ArrayList<>();
        marks.add(new Mark.Diagonal(Palette.AXIS));
        marks.addAll(dots(
                trained,
                point -> new Mark.Dot(
                        -forward(point), chosenLogRatio(point), 0, FigureStyle.words(point, point.gold(), "gold", 2))));
        return new Panel(
                "Chosen responses",
                Axis.covering(
                        "−KL(SFT‖π), nats", FigureStyle.withZero(values(trained, point -> -forward(point))), 5, true),
                Axis.covering(
                        "mean log-ratio of chosen responses, nats",
                        FigureStyle.withZero(values(trained, DiagnosisFigures::chosenLogRatio)),
                        5,
                        true),
                marks);
    }

    private Panel forwardGoldPanel(List<Point> trained) {
        return new Panel(
                "Gold reward against the forward KL",
                Axis.covering(
                        "√KL(SFT‖π), √nats",
                        FigureStyle.withZero(values(trained, DiagnosisFigures::forwardDistance)),
                        5,
                        false),
                style.framedGold(values(trained, point -> point.gold().mean()), 5, false),
                dots(trained, point -> goldDot(point, forwardDistance(point))));
    }

    private String forwardKlCsv(List<Point> trained) {
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
            of(objective, trained)
                    .forEach(point -> csv.row(
                            objective,
                            point.cell().beta(),
                            point.cell().size(),
                            point.cell().seed(),
                            point.fraction(),
                            forward(point),
                            point.evaluation().kl().forward().standardError(),
                            chosenLogRatio(point),
                            point.gold().mean()));
        }
        return csv.toString();
    }

    /// KL(π_ref‖π), nats.
    private static double forward(Point point) {
        return point.evaluation().kl().forward().mean();
    }

    private static double forwardDistance(Point point) {
        return Math.sqrt(Math.max(0, forward(point)));
    }

    private static double chosenLogRatio(Point point) {
        return point.evaluation().heldOut().chosenLogRatio();
    }

    private static Mark.Dot goldDot(Point point, double across) {
        Mark.Dot dot = FigureStyle.dot(point, point.gold(), "gold", 2);
        return new Mark.Dot(across, dot.y(), dot.error(), dot.text());
    }

    /// A dot for each point, in the colour and shape of its objective.
    private List<Mark> dots(List<Point> points, Function<Point, Mark.Dot> dot) {
        return study.objectives().stream()
                .<Mark>map(objective -> new Mark.Dots(
                        of(objective, points).map(dot).toList(), style.objective(objective), style.shape(objective)))
                .toList();
    }

    private static Stream<Point> of(String objective, List<Point> points) {
        return points.stream().filter(point -> point.cell().objective().equals(objective));
    }

    private static double[] values(List<Point> points, ToDoubleFunction<Point> value) {
        return points.stream().mapToDouble(value).toArray();
    }
}
