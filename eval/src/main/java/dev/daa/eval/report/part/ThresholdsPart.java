package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.curve.HackingThreshold;
import dev.daa.eval.curve.HedgeTune;
import dev.daa.eval.curve.InferenceTimeMethod;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.ThresholdFindings;
import dev.daa.eval.report.measure.RewardModel;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.Thresholds;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// From where on picking harder among samples by a reward model loses gold (Khalaf et al. 2506.19248).
final class ThresholdsPart {
    private ThresholdsPart() {}

    static AnalysisSection of(StudyData data, FigureStyle style, Thresholds thresholds) throws IOException {
        return new AnalysisSection(
                Part.THRESHOLDS,
                "Hacking thresholds",
                "How hard may one pick among samples of the SFT policy by a reward model before gold is lost? Greatest"
                        + " is the gold reward at n for the best of n, at λ for one of all the samples drawn ∝"
                        + " e^{λ·score}, at μ for the best of 1 + Poisson(μ). “Beyond” says that it still rises at the"
                        + " greatest parameter that the samples can tell of. Below each its 95 % interval: where the"
                        + " slope of the gold reward is not surely above or below 0, by Student's t over prompts and"
                        + " over seeds."
                        + (thresholds.unkept().isEmpty()
                                ? ""
                                : " Left out are runs that did not keep the rewards of their samples: "
                                        + String.join(", ", thresholds.unkept()) + "."),
                List.of(figure(style, thresholds)),
                thresholds.models().isEmpty() ? Optional.empty() : Optional.of(table(thresholds)),
                List.of(ThresholdFindings.of(thresholds, RewardModel.of(data))));
    }

    private static Figure figure(FigureStyle style, Thresholds thresholds) {
        CsvText csv = new CsvText("objective", "size", "n", "gold_over_one_sample");
        List<String> sizes = thresholds.models().stream()
                .map(Thresholds.OfModel::size)
                .distinct()
                .toList();
        List<String> objectives = thresholds.models().stream()
                .map(Thresholds.OfModel::objective)
                .distinct()
                .toList();
        return new Figure(
                "gold-against-n",
                "Gold reward against n",
                "Expected gold reward of the best of n by each reward model over that of one sample, mean over seeds"
                        + " and prompts. A mark stands where it is greatest, unless that is at the end.",
                new Legend(objectives.stream()
                        .map(name -> Legend.Entry.dot(Words.objective(name), style.objective(name), style.shape(name)))
                        .toList()),
                sizes.isEmpty()
                        ? List.of()
                        : List.of(new Figure.Group(
                                "",
                                sizes.stream()
                                        .map(size -> panel(style, thresholds, size, csv))
                                        .toList())),
                csv.toString());
    }

    private static Panel panel(FigureStyle style, Thresholds thresholds, String size, CsvText csv) {
        List<Mark> marks = new ArrayList<>();
        List<Double> gains = new ArrayList<>();
        double farthest = 0;
        for (Thresholds.OfModel model : thresholds.models()) {
            if (!model.size().equals(size)) {
                continue;
            }
            HackingThreshold best = model.of(InferenceTimeMethod.BEST_OF_N);
            farthest = Math.max(farthest, log2(best.limit()));
            List<Mark.Vertex> line = new ArrayList<>();
            for (HedgeTune.Expected expected : model.curve()) {
                double gain = expected.gold() - best.goldOfOne();
                gains.add(gain);
                line.add(new Mark.Vertex(log2(expected.parameter()), gain));
                csv.row(model.objective(), size, expected.parameter(), gain);
            }
            marks.add(new Mark.Line(line, style.objective(model.objective()), Mark.Stroke.SOLID));
            if (best.outcome() != HackingThreshold.Outcome.STILL_RISES) {
                String words = Words.objective(model.objective()) + ": n " + found(best)
                        + best.interval()
                                .map(range -> ", 95 % interval " + range)
                                .orElse("");
                marks.add(new Mark.Dots(
                        List.of(new Mark.Dot(log2(best.threshold()), best.gold() - best.goldOfOne(), 0, words)),
                        style.objective(model.objective()),
                        style.shape(model.objective())));
            }
        }
        String label = "gold over one sample's";
        return new Panel(
                size,
                new Axis("log₂ n", 0, 1.03 * farthest, 1),
                Axis.covering(
                        label, gains.stream().mapToDouble(Double::doubleValue).toArray(), 5, true),
                marks);
    }

    private static double log2(double n) {
        return Math.log(n) / Math.log(2);
    }

    private static AnalysisSection.Table table(Thresholds thresholds) {
        boolean sizes = thresholds.models().stream()
                        .map(Thresholds.OfModel::size)
                        .distinct()
                        .count()
                > 1;
        List<List<Cell>> rows = new ArrayList<>();
        for (Thresholds.OfModel model : thresholds.models()) {
            HackingThreshold best = model.of(InferenceTimeMethod.BEST_OF_N);
            List<Cell> row = new ArrayList<>(
                    List.of(Cell.text(Words.objective(model.objective()) + (sizes ? ", " + model.size() : ""))
                            .withDetail(Words.count(best.seeds(), "seed") + ", " + Words.count(best.prompts(), "prompt")
                                    + ", " + Words.count(best.samples(), "sample") + " each")));
            for (HackingThreshold threshold : model.methods()) {
                row.add(Cell.number(found(threshold)).withDetail(interval(threshold)));
            }
            row.add(Cell.number(Words.signed(best.gold() - best.goldOfOne(), 2)));
            row.add(Cell.number(Words.signed(best.goldAtLimit() - best.gold(), 2)));
            row.add(Cell.number(Double.isNaN(best.kl()) ? "–" : Words.fixed(best.kl(), 2)));
            rows.add(row);
        }
        return new AnalysisSection.Table(
                "Where the gold reward is greatest",
                List.of(
                        Cell.text("Reward model"),
                        Cell.number("n"),
                        Cell.number("λ"),
                        Cell.number("μ"),
                        Cell.number("gold there over one sample's"),
                        Cell.number("gold of the best of N over that"),
                        Cell.number("KL there, nats")),
                rows);
    }

    private static String found(HackingThreshold of) {
        return switch (of.outcome()) {
            case INTERIOR -> HackingThreshold.number(of.threshold());
            case STILL_RISES -> "beyond " + HackingThreshold.number(of.limit());
            case NEVER_RISES -> HackingThreshold.number(of.threshold()) + ", never rises";
        };
    }

    private static String interval(HackingThreshold of) {
        return of.interval().orElse("–");
    }
}
