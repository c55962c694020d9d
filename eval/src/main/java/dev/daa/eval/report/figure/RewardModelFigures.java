package dev.daa.eval.report.figure;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.measure.RewardModel;
import dev.daa.eval.report.measure.RewardModelSweep;
import dev.daa.eval.report.measure.RewardModelSweep.Measured;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Quality, reach and the laws' coefficients of reward models against their size and their data.
public final class RewardModelFigures {
    private RewardModelFigures() {}

    private interface OfMethod {
        public Optional<Estimate> of(RewardModel model, Method method);
    }

    public static Figure of(RewardModelSweep sweep, List<RewardModel> models) {
        CsvText csv = new CsvText("panel", "method", "reward_model", sweep.unit(), "value", "se");
        List<List<RewardModel>> groups = sweep.groups(models);
        List<Panel> panels = new ArrayList<>();
        if (!groups.isEmpty()) {
            panels.add(panel(
                    sweep,
                    "accuracy on held-out pairs",
                    groups,
                    csv,
                    (model, method) -> method == Method.BEST_OF_N ? Optional.of(model.accuracy()) : Optional.empty()));
            panels.add(panel(
                    sweep,
                    "furthest accurate KL, nats",
                    groups,
                    csv,
                    (model, method) -> Optional.of(model.reach(method).kl()).filter(kl -> !kl.isMissing())));
            panels.add(panel(sweep, "α", groups, csv, (model, method) -> model.coefficient(method, 0)));
            panels.add(panel(sweep, "β of the law", groups, csv, (model, method) -> model.coefficient(method, 1)));
        }
        int seeds = models.stream().mapToInt(RewardModel::seeds).max().orElse(0);
        boolean size = sweep == RewardModelSweep.SIZE;
        return new Figure(
                size ? "reward-model-size" : "reward-model-data",
                size ? "What the reward model's size changes" : "What its comparisons change",
                "Reward models that differ in their " + sweep.unit() + " only; ± 1 standard error, "
                        + Words.count(seeds, "seed")
                        + ". Accuracy belongs to the model itself. Dashed: weighted least squares.",
                new Legend(List.of(
                        Legend.Entry.dot("best of n", colour(Method.BEST_OF_N), Mark.Shape.CIRCLE),
                        Legend.Entry.dot("reinforcement", colour(Method.REINFORCEMENT), Mark.Shape.SQUARE))),
                panels.isEmpty() ? List.of() : List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    private static Panel panel(
            RewardModelSweep sweep, String label, List<List<RewardModel>> groups, CsvText csv, OfMethod quantity) {
        List<Mark> marks = new ArrayList<>();
        List<Double> xs = new ArrayList<>();
        List<Double> ys = new ArrayList<>();
        for (List<RewardModel> group : groups) {
            for (Method method : RewardModel.METHODS) {
                List<Measured> measured = sweep.along(group, model -> quantity.of(model, method));
                List<Mark.Dot> dots = new ArrayList<>();
                for (Measured one : measured) {
                    double x = Math.log10(one.at());
                    xs.add(x);
                    ys.add(one.value().mean() - one.value().errorOrZero());
                    ys.add(one.value().mean() + one.value().errorOrZero());
                    dots.add(new Mark.Dot(
                            x,
                            one.value().mean(),
                            one.value().errorOrZero(),
                            one.model() + ": " + label + " " + Words.estimate(one.value(), 3)));
                    csv.row(
                            label,
                            method.key(),
                            one.model(),
                            one.at(),
                            one.value().mean(),
                            one.value().standardError());
                }
                RewardModelSweep.trend(measured)
                        .ifPresent(line -> marks.add(new Mark.Line(
                                measured.stream()
                                        .map(one -> new Mark.Vertex(Math.log10(one.at()), line.at(one.at())))
                                        .toList(),
                                colour(method),
                                Mark.Stroke.DASHED)));
                marks.add(new Mark.Dots(
                        dots, colour(method), method == Method.BEST_OF_N ? Mark.Shape.CIRCLE : Mark.Shape.SQUARE));
            }
        }
        return new Panel(
                label,
                Axis.covering(sweep.axis(), array(xs), 4, false),
                Axis.covering(label, array(ys), 5, true),
                marks);
    }

    private static Colour colour(Method method) {
        return Palette.objectives(List.of("best-of-n", "ppo"))
                .getOrDefault(method == Method.BEST_OF_N ? "best-of-n" : "ppo", Palette.INK);
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
