package dev.daa.eval.report.part;

import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.SeedMean;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/// Mean log π of six kinds of responses while SFT runs, from the metrics of the SFT runs.
final class SftProbe {
    private static final String NO_ANSWER = "gibberish";
    private static final Map<String, String> CATEGORIES = new LinkedHashMap<>();

    static {
        CATEGORIES.put("chosen", "chosen reviews");
        CATEGORIES.put("rejected", "rejected reviews");
        CATEGORIES.put("other_prompt", "reviews of another item");
        CATEGORIES.put("rejected_paraphrase", "rejected, in other words");
        CATEGORIES.put("chosen_variant", "chosen, in other words");
        CATEGORIES.put(NO_ANSWER, "random words");
    }

    private SftProbe() {}

    /// Values of one kind by step, one map per SFT run that measured it.
    private static List<SortedMap<Integer, Double>> runs(StudyData data, String size, String category) {
        return data.points().stream()
                .filter(point -> point.isStart() && point.cell().size().equals(size))
                .map(point -> data.logs().get(point.cell().run()))
                .flatMap(java.util.stream.Stream::ofNullable)
                .map(log -> log.metrics().get("probe/" + category))
                .flatMap(java.util.stream.Stream::ofNullable)
                .toList();
    }

    private static List<String> sizes(StudyData data) {
        return data.points().stream()
                .filter(Point::isStart)
                .map(point -> point.cell().size())
                .distinct()
                .filter(size -> !runs(data, size, "chosen").isEmpty())
                .toList();
    }

    static Figure figure(StudyData data) {
        Map<String, Colour> colours = Palette.objectives(List.copyOf(CATEGORIES.keySet()));
        CsvText csv = new CsvText("size", "category", "step", "mean_log_prob");
        List<Panel> panels = new ArrayList<>();
        for (String size : sizes(data)) {
            List<Mark> marks = new ArrayList<>();
            List<Double> steps = new ArrayList<>();
            List<Double> values = new ArrayList<>();
            for (String category : CATEGORIES.keySet()) {
                List<SortedMap<Integer, Double>> runs = runs(data, size, category);
                List<Mark.Vertex> line = new ArrayList<>();
                for (int step : runs.getFirst().keySet()) {
                    double mean = runs.stream()
                            .mapToDouble(run -> run.getOrDefault(step, Double.NaN))
                            .filter(Double::isFinite)
                            .average()
                            .orElse(Double.NaN);
                    line.add(new Mark.Vertex(Math.log10(step), mean));
                    steps.add(Math.log10(step));
                    values.add(mean);
                    csv.row(size, category, step, mean);
                }
                marks.add(new Mark.Line(
                        line, java.util.Objects.requireNonNull(colours.get(category)), Mark.Stroke.SOLID));
            }
            panels.add(new Panel(
                    sizes(data).size() > 1 ? "Size " + size : "",
                    Axis.covering("log₁₀ of the SFT step", array(steps), 5, false),
                    Axis.covering("mean log π, nats per response", array(values), 5, true),
                    marks));
        }
        return new Figure(
                "sft-probe",
                "What SFT does to responses that it never sees",
                "Mean log π of 128 held-out responses of each kind while the SFT model learns reference reviews."
                        + " Chosen and rejected are the better and the worse of two reviews; in other words: every"
                        + " adjective and verb replaced by a neighbour in sentiment. Mean over seeds.",
                new Legend(CATEGORIES.entrySet().stream()
                        .map(entry -> Legend.Entry.line(
                                entry.getValue(),
                                java.util.Objects.requireNonNull(colours.get(entry.getKey())),
                                Mark.Stroke.SOLID))
                        .toList()),
                List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    static Finding finding(StudyData data) {
        List<Case> cases = new ArrayList<>();
        for (String size : sizes(data)) {
            int seeds = runs(data, size, "chosen").size();
            List<Outcome> rises = new ArrayList<>();
            Outcome falls = Outcome.UNDECIDED;
            List<String> words = new ArrayList<>();
            for (String category : CATEGORIES.keySet()) {
                List<Double> changes = runs(data, size, category).stream()
                        .map(run -> run.getOrDefault(run.lastKey(), 0.0) - run.getOrDefault(run.firstKey(), 0.0))
                        .toList();
                Optional<SeedMean> mean = SeedMean.of(changes);
                words.add(CATEGORIES.get(category) + " "
                        + mean.map(SeedMean::toString).orElseGet(() -> Words.signed(changes.getFirst(), 2)));
                if (category.equals(NO_ANSWER)) {
                    falls = mean.map(SeedMean::negative).orElse(Outcome.UNDECIDED);
                } else {
                    rises.add(mean.map(SeedMean::positive).orElse(Outcome.UNDECIDED));
                }
            }
            boolean shown = falls == Outcome.SHOWN && rises.stream().allMatch(outcome -> outcome == Outcome.SHOWN);
            boolean neither = falls == Outcome.CONTRADICTED && rises.contains(Outcome.CONTRADICTED);
            cases.add(new Case(
                    "size " + size,
                    shown ? Outcome.SHOWN : neither ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                    "change of mean log π, nats: " + String.join(", ", words) + "; " + Words.count(seeds, "seed")));
        }
        return new Finding(
                "sft-categories",
                "SFT raises the likelihood of rejected responses, paraphrases and answers to other prompts along with"
                        + " the chosen ones; only what is no answer at all falls.",
                "Guo & Xiong 2024, Alignment Guidebook; Ren & Sutherland 2024, arXiv 2407.10490",
                "For each size, change of the mean log π from the first measurement to the last: yes, if all kinds but"
                        + " random words rise and these fall, each by the 95 % interval of the mean over seeds"
                        + " (Student's t); no, if these rise and another kind falls, by as much. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? "The SFT runs did not measure it."
                        : "Here SFT starts from random weights, so reviews of any item rise at first simply because"
                                + " they are sentences.");
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
