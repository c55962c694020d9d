package dev.daa.eval.report.figure;

import dev.daa.eval.curve.Interval;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.FrontierCurve;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// Figures over the distance from the SFT policy: rewards with their fitted laws, and what else changes on the way.
final class DistanceFigures {
    private final StudyData data;
    private final FigureStyle style;
    private final StudyGroups study;

    DistanceFigures(StudyData data, FigureStyle style) {
        this.data = data;
        this.style = style;
        this.study = style.study();
    }

    private List<Point> points(String size) {
        return data.points().stream()
                .filter(point -> point.cell().size().equals(size))
                .toList();
    }

    /// "each at S (115 k parameters)".
    private String sizeTitle(String size) {
        if (!study.hasSizes()) {
            return "";
        }
        long parameters = study.trajectories().stream()
                .filter(member -> member.size().equals(size))
                .mapToLong(Trajectory::parameters)
                .findFirst()
                .orElse(0);
        return "Size " + size + (parameters == 0 ? "" : ", " + Words.parameters(parameters) + " parameters");
    }

    Figure gold() {
        List<Legend.Entry> legend = new ArrayList<>(style.objectiveLegend());
        legend.add(Legend.Entry.dot("SFT policy", Palette.MUTED, Mark.Shape.RING));
        legend.addAll(lawLegend("gold"));
        legend.addAll(style.frontierLegend());
        return new Figure(
                "gold-distance",
                "Gold reward against the distance from the SFT policy",
                "Each mark is one checkpoint of one run: mean gold reward of its responses to held-out prompts, ± 1"
                        + " standard error over prompts" + effort() + ". " + lawCaption("gold")
                        + data.frontier().map(this::frontierCaption).orElse("")
                        + style.frame().remark(),
                new Legend(legend),
                List.of(new Figure.Group(
                        "",
                        rewardPanels(
                                "gold",
                                "mean gold reward",
                                measured -> measured.rewards().gold(),
                                true))),
                rewardCsv("gold", measured -> measured.rewards().gold()));
    }

    private String frontierCaption(FrontierCurve frontier) {
        int largest = data.points().stream()
                .filter(point -> point.cell().method() == Method.BEST_OF_N)
                .mapToInt(Point::step)
                .max()
                .orElse(1);
        return "The dashed line is the best mean gold reward that any policy can have at that KL to the reference"
                + " distribution, computed exactly."
                + (largest < 2
                        ? ""
                        : " Best of n of that distribution, chosen by the gold reward itself, stays within "
                                + Words.fixed(frontier.shortfallOfBestOfN(largest), 2) + " of it up to n = " + largest
                                + " (exact): what best of n lacks here is due to who chooses, and to the SFT policy.");
    }

    Figure winRate() {
        List<Legend.Entry> legend = new ArrayList<>(style.objectiveLegend());
        legend.add(Legend.Entry.dot("SFT policy", Palette.MUTED, Mark.Shape.RING));
        legend.addAll(lawLegend("win_rate"));
        return new Figure(
                "win-rate-distance",
                "Win rate against the distance from the SFT policy",
                "Share of held-out prompts on which the gold reward prefers the policy's response to the reference"
                        + " response, ties one half; ± 1 standard error over"
                        + " prompts" + effort() + ". " + lawCaption("win_rate")
                        + "At the thin line both win equally often."
                        + style.frame().remark(),
                new Legend(legend),
                List.of(new Figure.Group(
                        "",
                        rewardPanels(
                                "win_rate",
                                "win rate",
                                measured -> measured.rewards().winRate(),
                                false))),
                rewardCsv("win_rate", measured -> measured.rewards().winRate()));
    }

    /// Gold against the score that reinforcement and best-of-n optimise; only for studies with a trained proxy.
    Figure goldAgainstProxy() {
        List<Panel> panels = new ArrayList<>();
        List<Point> shown = data.points().stream()
                .filter(point -> !point.evaluation().rewards().proxy().isMissing())
                .filter(style.frame()::holds)
                .toList();
        Axis x = Axis.covering(
                "mean proxy reward",
                shown.stream()
                        .mapToDouble(
                                point -> point.evaluation().rewards().proxy().mean())
                        .toArray(),
                6,
                true);
        Axis y = style.framedGold(
                shown.stream().mapToDouble(point -> point.gold().mean()).toArray(), 6, false);
        CsvText csv =
                new CsvText("objective", "beta", "size", "seed", "fraction", "proxy", "proxy_se", "gold", "gold_se");
        for (String size : study.sizes()) {
            List<Mark> marks = new ArrayList<>();
            for (String objective : Stream.concat(study.objectives().stream(), Stream.of(Point.SFT))
                    .toList()) {
                boolean start = objective.equals(Point.SFT);
                marks.add(new Mark.Dots(
                        shown.stream()
                                .filter(point -> point.cell().size().equals(size)
                                        && point.cell().objective().equals(objective))
                                .map(FigureStyle::proxyDot)
                                .toList(),
                        start ? Palette.MUTED : style.objective(objective),
                        start ? Mark.Shape.RING : style.shape(objective)));
            }
            panels.add(new Panel(sizeTitle(size), x, y, marks));
        }
        for (Point point : shown) {
            csv.row(
                    point.cell().objective(),
                    point.cell().beta(),
                    point.cell().size(),
                    point.cell().seed(),
                    point.fraction(),
                    point.evaluation().rewards().proxy().mean(),
                    point.evaluation().rewards().proxy().standardError(),
                    point.gold().mean(),
                    point.gold().standardError());
        }
        List<Legend.Entry> legend = new ArrayList<>(style.objectiveLegend());
        legend.add(Legend.Entry.dot("SFT policy", Palette.MUTED, Mark.Shape.RING));
        return new Figure(
                "gold-proxy",
                "Gold reward against the trained proxy",
                "Each mark is one checkpoint, or one n of best of n: mean gold reward against the mean score of the"
                        + " reward model that reinforcement and best of n optimise, which is centred on the SFT policy."
                        + " Direct alignment never sees that score. At equal √KL the methods differ much; here they can"
                        + " be compared at equal proxy reward. Error bars: ± 1 standard error over prompts" + effort()
                        + "." + style.frame().remark(),
                new Legend(legend),
                List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    private List<Legend.Entry> lawLegend(String reward) {
        List<Legend.Entry> legend = new ArrayList<>();
        if (data.fits().stream().anyMatch(fit -> fit.reward().equals(reward))) {
            legend.add(Legend.Entry.line("fitted law", Palette.MUTED, Mark.Stroke.BOLD));
        }
        if (hasBands(reward)) {
            legend.add(Legend.Entry.band("its 95 % interval", Palette.MUTED));
        }
        return legend;
    }

    /// Few runs have fits, but no intervals.
    private boolean hasBands(String reward) {
        return data.fits().stream()
                .filter(fit -> fit.reward().equals(reward))
                .anyMatch(fit -> !Double.isNaN(fit.curve().getLast().low()));
    }

    private String lawCaption(String reward) {
        return lawLegend(reward).isEmpty()
                ? ""
                : "Lines are the fitted law R(d) = d(α − β log d)"
                        + (study.has(Method.BEST_OF_N) ? ", for best of n d(α − β d)" : "")
                        + ", pooled over β and seeds"
                        + (hasBands(reward)
                                ? "; bands are its pointwise 95 % interval by a bootstrap over runs, which takes "
                                        + Interval.LEAST_CLUSTERS
                                        + " of them and leaves out what the runs of a seed have in common. "
                                : ". ");
    }

    /// ", 256 prompts and 2 seeds".
    private String effort() {
        int prompts = data.points().stream()
                .mapToInt(point -> point.evaluation().responses().prompts())
                .max()
                .orElse(0);
        int seeds =
                study.trajectories().stream().mapToInt(Trajectory::seeds).max().orElse(0);
        return " (" + (prompts == 0 ? "" : Words.count(prompts, "prompt") + ", ") + Words.count(seeds, "seed") + ")";
    }

    private List<Panel> rewardPanels(
            String reward, String label, Function<Evaluation, Estimate> quantity, boolean frontier) {
        List<Panel> panels = new ArrayList<>();
        Axis x = style.framedDistance();
        double[] values = data.points().stream()
                .filter(style.frame()::holds)
                .mapToDouble(point -> quantity.apply(point.evaluation()).mean())
                .toArray();
        Axis y = frontier ? style.framedGold(values, 6, true) : Axis.covering(label, values, 6, true);
        for (String size : study.sizes()) {
            List<Mark> marks = new ArrayList<>();
            if (frontier) {
                marks.addAll(style.frontier(x.max()));
            } else {
                marks.add(new Mark.Level(0.5, Palette.AXIS));
            }
            for (FittedLaw fit : laws(reward, size)) {
                marks.add(band(fit, style.objective(fit.objective())));
            }
            for (String objective : study.objectives()) {
                marks.add(new Mark.Dots(
                        points(size).stream()
                                .filter(point -> point.cell().objective().equals(objective))
                                .map(point -> FigureStyle.dot(point, quantity.apply(point.evaluation()), label, 2))
                                .toList(),
                        style.objective(objective),
                        style.shape(objective)));
            }
            marks.add(new Mark.Dots(
                    points(size).stream()
                            .filter(Point::isStart)
                            .map(point -> FigureStyle.dot(point, quantity.apply(point.evaluation()), label, 2))
                            .toList(),
                    Palette.MUTED,
                    Mark.Shape.RING));
            for (FittedLaw fit : laws(reward, size)) {
                marks.add(curve(fit, style.objective(fit.objective()), Mark.Stroke.BOLD));
            }
            panels.add(new Panel(sizeTitle(size), x, y, marks));
        }
        return panels;
    }

    private List<FittedLaw> laws(String reward, String size) {
        return data.fits().stream()
                .filter(fit -> fit.law().equals(lawOf(fit.objective()))
                        && fit.reward().equals(reward)
                        && fit.size().equals(size))
                .toList();
    }

    /// Key of the law that an objective's method is known to follow.
    private String lawOf(String objective) {
        return study.method(objective).law().key();
    }

    private static Mark band(FittedLaw fit, Colour colour) {
        return new Mark.Band(
                fit.curve().stream()
                        .filter(vertex -> Double.isFinite(vertex.low()) && Double.isFinite(vertex.high()))
                        .map(vertex -> new Mark.Edge(vertex.distance(), vertex.low(), vertex.high()))
                        .toList(),
                colour);
    }

    private static Mark curve(FittedLaw fit, Colour colour, Mark.Stroke stroke) {
        return new Mark.Line(
                fit.curve().stream()
                        .map(vertex -> new Mark.Vertex(vertex.distance(), vertex.reward()))
                        .toList(),
                colour,
                stroke);
    }

    private String rewardCsv(String name, Function<Evaluation, Estimate> quantity) {
        CsvText csv = new CsvText("objective", "beta", "size", "seed", "fraction", "distance", name, name + "_se");
        for (Point point : data.points()) {
            Estimate estimate = quantity.apply(point.evaluation());
            csv.row(
                    point.cell().objective(),
                    point.cell().beta(),
                    point.cell().size(),
                    point.cell().seed(),
                    point.fraction(),
                    point.distance(),
                    estimate.mean(),
                    estimate.standardError());
        }
        return csv.toString();
    }

    /// Gold against distance by size, one panel per objective; only for studies of several sizes.
    Figure goldBySize() {
        List<Legend.Entry> legend = study.sizes().stream()
                .map(size -> Legend.Entry.dot("size " + size, style.size(size), Mark.Shape.CIRCLE))
                .toList();
        Axis x = style.framedDistance();
        Axis y = style.framedGold(
                data.points().stream().mapToDouble(point -> point.gold().mean()).toArray(), 6, false);
        List<Panel> panels = new ArrayList<>();
        for (String objective : study.objectives()) {
            List<Mark> marks = new ArrayList<>();
            for (String size : study.sizes()) {
                marks.add(new Mark.Dots(
                        points(size).stream()
                                .filter(point -> point.cell().objective().equals(objective))
                                .map(point -> FigureStyle.dot(point, point.gold(), "gold", 2))
                                .toList(),
                        style.size(size),
                        Mark.Shape.CIRCLE));
            }
            for (String size : study.sizes()) {
                laws("gold", size).stream()
                        .filter(fit -> fit.objective().equals(objective))
                        .forEach(fit -> marks.add(curve(fit, style.size(size), Mark.Stroke.BOLD)));
            }
            panels.add(new Panel(Words.objective(objective), x, y, marks));
        }
        return new Figure(
                "gold-size",
                "Gold reward against the distance, by model size",
                "The checkpoints of Figure 1, one panel per objective, coloured by model size; lines are the fitted"
                        + " law of each size. Error bars: ± 1 standard error over prompts" + effort() + "."
                        + style.frame().remark(),
                new Legend(legend),
                List.of(new Figure.Group("", panels)),
                rewardCsv("gold", measured -> measured.rewards().gold()));
    }

    /// Length, broken rules and sentiment on the way.
    Figure exploitation() {
        List<Panel> panels = new ArrayList<>();
        Axis x = FigureStyle.distanceAxis(
                data.points().stream().mapToDouble(Point::distance).toArray());
        addExploitation(
                panels,
                "Length",
                "tokens per response",
                x,
                measured -> measured.responses().length());
        addExploitation(
                panels,
                "Broken rules",
                "violations per response",
                x,
                evaluation -> new Estimate(evaluation.responses().violations(), Double.NaN));
        addExploitation(
                panels,
                "Sentiment",
                "sentiment sum per response",
                x,
                evaluation -> new Estimate(evaluation.responses().sentiment(), Double.NaN));
        CsvText csv = new CsvText(
                "objective",
                "beta",
                "size",
                "seed",
                "fraction",
                "distance",
                "length",
                "length_se",
                "violations",
                "sentiment");
        for (Point point : data.points()) {
            csv.row(
                    point.cell().objective(),
                    point.cell().beta(),
                    point.cell().size(),
                    point.cell().seed(),
                    point.fraction(),
                    point.distance(),
                    point.evaluation().responses().length().mean(),
                    point.evaluation().responses().length().standardError(),
                    point.evaluation().responses().violations(),
                    point.evaluation().responses().sentiment());
        }
        List<Legend.Entry> legend = new ArrayList<>(style.objectiveLegend());
        legend.add(Legend.Entry.dot("SFT policy", Palette.MUTED, Mark.Shape.RING));
        // Only the reviews have rules and a sentiment.
        String reading = panels.size() == 1
                ? ""
                : " Where the sentiment keeps rising while rules are broken, the policy earns proxy reward that the"
                        + " gold reward does not pay.";
        return new Figure(
                "exploitation",
                "What the policies do to their responses",
                "Each mark is one checkpoint." + reading + " Error bars on length: ± 1 standard error over prompts.",
                new Legend(legend),
                List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    private void addExploitation(
            List<Panel> panels, String title, String label, Axis x, Function<Evaluation, Estimate> quantity) {
        double[] values = data.points().stream()
                .mapToDouble(point -> quantity.apply(point.evaluation()).mean())
                .toArray();
        if (java.util.Arrays.stream(values).allMatch(Double::isNaN)) {
            return;
        }
        List<Mark> marks = new ArrayList<>();
        for (String objective : study.objectives()) {
            marks.add(new Mark.Dots(
                    dots(objective, quantity, label), style.objective(objective), style.shape(objective)));
        }
        marks.add(new Mark.Dots(dots(Point.SFT, quantity, label), Palette.MUTED, Mark.Shape.RING));
        panels.add(new Panel(title, x, Axis.covering(label, FigureStyle.withZero(values), 5, true), marks));
    }

    private List<Mark.Dot> dots(String objective, Function<Evaluation, Estimate> quantity, String label) {
        return data.points().stream()
                .filter(point -> point.cell().objective().equals(objective))
                .map(point -> FigureStyle.dot(point, quantity.apply(point.evaluation()), label, 2))
                .toList();
    }
}
