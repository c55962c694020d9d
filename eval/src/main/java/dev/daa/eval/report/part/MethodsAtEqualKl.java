package dev.daa.eval.report.part;

import dev.daa.eval.analysis.EqualDistance;
import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.measure.RewardCurve;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.StudyGroups.Group;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/// Smoothed gold reward over √KL of methods, each beside the plain one: DPO for direct alignment; for reinforcement
/// whose name is `NAME-…` the one called `NAME`, on the same reward model.
final class MethodsAtEqualKl {
    static final String BASELINE = "dpo";
    static final long SEED = 1;
    private static final int STEPS = 40;

    private final StudyData data;
    private final FigureStyle style;
    private final StudyGroups study;
    private final int replicas;
    private final Map<Group, RewardCurve> curves = new LinkedHashMap<>();

    /// @param replicas of the bootstrap
    MethodsAtEqualKl(StudyData data, FigureStyle style, SampledRewards.Source samples, int replicas)
            throws IOException {
        this.data = data;
        this.style = style;
        this.replicas = replicas;
        study = style.study();
        for (Group group : study.groups()) {
            if (group.method() == Method.DIRECT || isCompared(group)) {
                RewardCurve.of(
                                data.points(),
                                group,
                                measured -> measured.rewards().gold(),
                                samples,
                                SampledRewards::gold)
                        .ifPresent(curve -> curves.put(group, curve));
            }
        }
    }

    /// Whether it is reinforcement that has a plain form in the study, or is the plain form of another.
    private boolean isCompared(Group group) {
        return study.groups().stream()
                .anyMatch(other -> other.equals(group)
                        ? plain(group).isPresent()
                        : plain(other).filter(group::equals).isPresent());
    }

    /// What a group of reinforcement is a variant of.
    private Optional<Group> plain(Group group) {
        return study.groups().stream()
                .filter(other -> group.method() == Method.REINFORCEMENT
                        && other.method() == Method.REINFORCEMENT
                        && other.size().equals(group.size())
                        && isVariant(group.objective(), other.objective()))
                .max(Comparator.comparingInt(other -> other.objective().length()));
    }

    /// Whether `ppo-par (small)` is a variant of `ppo (small)`: the reward model stands in brackets.
    private static boolean isVariant(String name, String plain) {
        return proxy(name).equals(proxy(plain))
                && name.startsWith(
                        plain.substring(0, plain.length() - proxy(plain).length()) + "-");
    }

    private static String proxy(String name) {
        int at = name.indexOf(" (");
        return at < 0 ? "" : name.substring(at);
    }

    /// Curves of direct alignment, and of reinforcement that is compared.
    Map<Group, RewardCurve> curves() {
        return curves;
    }

    /// The plain method that a group is held to; empty for that one itself, and where the study has none.
    Optional<Group> baseline(Group group) {
        Optional<Group> baseline = group.method() == Method.REINFORCEMENT
                ? plain(group)
                : curves.keySet().stream()
                        .filter(other -> other.objective().equals(BASELINE)
                                && other.size().equals(group.size())
                                && !other.equals(group))
                        .findFirst();
        return baseline.filter(curves::containsKey);
    }

    private RewardCurve curve(Group group) {
        return Objects.requireNonNull(curves.get(group));
    }

    /// A group's gold reward over its baseline's.
    Optional<EqualDistance> against(Group group) {
        return baseline(group)
                .flatMap(plain -> EqualDistance.of(
                        curve(group).curve(),
                        curve(plain).curve(),
                        EqualDistance.BANDWIDTH,
                        EqualDistance.FARTHEST,
                        replicas,
                        SEED));
    }

    /// "gold reward at equal KL +0.12 against DPO (…), √KL 0.20 to 2.30".
    String words(Group group, EqualDistance compared) {
        return "gold reward at equal KL " + Words.signed(compared.difference(), 2) + " against "
                + baselineName(group) + " (" + Words.interval(compared.interval()) + "), √KL "
                + Words.fixed(compared.from(), 2)
                + " to " + Words.fixed(compared.to(), 2);
    }

    private String baselineName(Group group) {
        return Words.objective(baseline(group).orElseThrow().objective());
    }

    /// "DPO", "the plain algorithm" or both.
    private String baselines() {
        boolean direct = curves.keySet().stream().anyMatch(group -> group.method() == Method.DIRECT);
        boolean reinforced = curves.keySet().stream().anyMatch(group -> group.method() == Method.REINFORCEMENT);
        return !reinforced ? "DPO" : direct ? "DPO or the plain algorithm" : "the plain algorithm";
    }

    List<Cell> head() {
        return List.of(
                Cell.text("Method"),
                Cell.number("gold at equal KL, against " + baselines()),
                Cell.number("over √KL"),
                Cell.number("share of the frontier there"),
                Cell.number("best gold"),
                Cell.number("lost by the end"),
                Cell.number("runs"));
    }

    List<Cell> row(Group group, Optional<EqualDistance> gain) {
        Trajectory best = group.members().stream()
                .max(Comparator.comparingDouble(member -> member.peak().gold().mean()))
                .orElseThrow();
        double lost = group.members().stream()
                .mapToDouble(member -> member.fall().mean())
                .average()
                .orElse(Double.NaN);
        double[] range = gain.map(compared -> new double[] {compared.from(), compared.to()})
                .orElseGet(() -> range(curve(group).points()));
        return List.of(
                Cell.text(study.label(group)),
                gain.map(compared -> Cell.number(Words.signed(compared.difference(), 2))
                                .withDetail(compared.interval()
                                        .map(interval -> Words.signed(interval.low(), 2) + " to "
                                                + Words.signed(interval.high(), 2))
                                        .orElse("–")))
                        .orElse(Cell.number("–")),
                Cell.number(Words.fixed(range[0], 1) + " to " + Words.fixed(range[1], 1)),
                baseline(group)
                        .filter(_ -> gain.isPresent())
                        .map(plain -> Cell.number(Words.percent(share(curve(group), range)))
                                .withDetail(baselineName(group) + " " + Words.percent(share(curve(plain), range))))
                        .orElseGet(() -> Cell.number(Words.percent(share(curve(group), range)))),
                Cell.number(Words.estimate(best.peak().gold(), 2)),
                Cell.number(Words.fixed(lost, 2)),
                Cell.number(Integer.toString(curve(group).runs())));
    }

    private static double[] range(CurvePoints points) {
        return new double[] {
            Arrays.stream(points.distance()).min().orElse(0),
            Math.min(
                    EqualDistance.FARTHEST,
                    Arrays.stream(points.distance()).max().orElse(0))
        };
    }

    /// Mean over the distances of (smoothed gold − SFT's) / (best attainable − SFT's).
    private double share(RewardCurve curve, double[] range) {
        double[] grid = grid(range);
        double[] gain = EqualDistance.smooth(curve.points(), grid, EqualDistance.BANDWIDTH);
        return data.frontier()
                .map(line -> IntStream.range(0, grid.length)
                        .mapToDouble(k -> gain[k] / (line.bestGold(grid[k]) - curve.origin()))
                        .filter(Double::isFinite)
                        .average()
                        .orElse(Double.NaN))
                .orElse(Double.NaN);
    }

    private static double[] grid(double[] range) {
        return IntStream.rangeClosed(0, STEPS)
                .mapToDouble(k -> range[0] + (range[1] - range[0]) * k / STEPS)
                .toArray();
    }

    Figure figure() {
        CsvText csv = new CsvText("objective", "size", "distance", "smoothed_gold", "plain_smoothed_gold");
        List<Figure.Group> groups = new ArrayList<>();
        for (String size : study.sizes().reversed()) {
            List<Panel> panels = new ArrayList<>();
            for (Group group : curves.keySet()) {
                if (group.size().equals(size)) {
                    baseline(group).ifPresent(plain -> panels.add(panel(group, curve(plain), csv)));
                }
            }
            groups.add(new Figure.Group(study.hasSizes() ? "Size " + size : "", panels));
        }
        List<Legend.Entry> legend = new ArrayList<>(List.of(
                Legend.Entry.line("the method, smoothed", Palette.INK, Mark.Stroke.BOLD),
                Legend.Entry.line(baselines() + ", smoothed", Palette.MUTED, Mark.Stroke.SOLID)));
        legend.addAll(style.frontierLegend());
        return new Figure(
                "equal-kl",
                "Methods against " + baselines() + " at equal KL",
                "Each mark is one checkpoint of the method: mean gold reward, ± 1 standard error over prompts. Lines:"
                        + " local linear regression over √KL of the method's checkpoints and of those of "
                        + baselines()
                        + "."
                        + style.frame().remark(),
                new Legend(legend),
                groups,
                csv.toString());
    }

    private Panel panel(Group group, RewardCurve plain, CsvText csv) {
        double farthest = style.framedDistance().max();
        double[] grid = grid(new double[] {0, Math.min(EqualDistance.FARTHEST, farthest)});
        RewardCurve own = curve(group);
        double[] gold = EqualDistance.smooth(own.points(), grid, EqualDistance.BANDWIDTH);
        double[] other = EqualDistance.smooth(plain.points(), grid, EqualDistance.BANDWIDTH);
        List<Mark.Vertex> line = new ArrayList<>();
        List<Mark.Vertex> otherLine = new ArrayList<>();
        for (int k = 0; k < grid.length; k++) {
            line.add(new Mark.Vertex(grid[k], own.origin() + gold[k]));
            otherLine.add(new Mark.Vertex(grid[k], plain.origin() + other[k]));
            csv.row(group.objective(), group.size(), grid[k], own.origin() + gold[k], plain.origin() + other[k]);
        }
        List<Point> members = data.points().stream()
                .filter(point -> point.cell().objective().equals(group.objective())
                        && point.cell().size().equals(group.size()))
                .toList();
        List<Mark> marks = new ArrayList<>(style.frontier(farthest));
        marks.add(new Mark.Line(otherLine, Palette.MUTED, Mark.Stroke.SOLID));
        marks.add(new Mark.Dots(
                members.stream()
                        .map(point -> FigureStyle.dot(point, point.gold(), "gold", 2))
                        .toList(),
                style.objective(group.objective()),
                style.shape(group.objective())));
        marks.add(new Mark.Line(line, Palette.INK, Mark.Stroke.BOLD));
        double[] golds =
                data.points().stream().mapToDouble(point -> point.gold().mean()).toArray();
        return new Panel(
                Words.objective(group.objective()), style.framedDistance(), style.framedGold(golds, 5, true), marks);
    }
}
