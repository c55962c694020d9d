package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.RankCorrelation;
import dev.daa.eval.report.measure.SeedMean;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// Whether held-out accuracy and loss tell how good a policy is, within one size and across sizes (2406.02900,
/// finding 5): what looks like a correlation over all sizes may be a difference between sizes.
final class PredictionPart {
    private static final ToDoubleFunction<Evaluation> ACCURACY =
            measured -> measured.heldOut().accuracy();
    private static final ToDoubleFunction<Evaluation> LOSS =
            measured -> measured.heldOut().loss();

    private PredictionPart() {}

    static AnalysisSection of(StudyGroups study) {
        List<List<Cell>> rows = rows(study);
        return new AnalysisSection(
                Part.PREDICTION,
                "Would a held-out set have told?",
                "Rank correlations with the gold reward over all checkpoints after the start, seed by seed: means and"
                        + " 95 % intervals over seeds. The loss is ranked within each β, which sets its scale. A gauge"
                        + " worth choosing checkpoints by would be near +1 for accuracy and −1 for the loss.",
                List.of(),
                rows.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new AnalysisSection.Table(
                                "Rank correlations with the gold reward",
                                List.of(
                                        Cell.text("Objective"),
                                        Cell.text("Over"),
                                        Cell.number("accuracy and gold"),
                                        Cell.number("loss and gold, within β")),
                                rows)),
                List.of(sizePredicts(study)));
    }

    /// Objectives with an accuracy to correlate.
    private static List<String> measured(StudyGroups study) {
        return study.objectives().stream()
                .filter(objective ->
                        !Double.isNaN(accuracy(study, objective, study.sizes()).value()))
                .toList();
    }

    private static List<List<Cell>> rows(StudyGroups study) {
        List<List<Cell>> rows = new ArrayList<>();
        for (String objective : measured(study)) {
            if (study.hasSizes()) {
                rows.add(row(
                        Words.objective(objective),
                        "all sizes together",
                        accuracy(study, objective, study.sizes()),
                        loss(study, objective, study.sizes())));
            }
            for (String size : study.sizes()) {
                rows.add(row(
                        study.hasSizes() ? "" : Words.objective(objective),
                        "size " + size,
                        accuracy(study, objective, List.of(size)),
                        loss(study, objective, List.of(size))));
            }
        }
        return rows;
    }

    private static Finding sizePredicts(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (String objective : study.hasSizes() ? measured(study) : List.<String>of()) {
            RankCorrelation together = accuracy(study, objective, study.sizes());
            RankCorrelation within = correlation(
                    points(study, objective, study.sizes(), ACCURACY),
                    point -> point.cell().size(),
                    ACCURACY);
            Optional<SeedMean> difference = together.minus(within);
            cases.add(new Case(
                    Words.objective(objective),
                    difference.map(SeedMean::positive).orElse(Outcome.UNDECIDED),
                    "rank correlation of accuracy and gold reward: all sizes together " + together + ", within sizes "
                            + within
                            + difference.map(mean -> ", difference " + mean).orElse("")));
        }
        return new Finding(
                "accuracy-sizes",
                "Where accuracy seems to predict the gold reward over all models, it is size that does.",
                Findings.RAFAILOV + ", finding 5",
                "For each objective, rank correlation of accuracy and gold reward, seed by seed: yes, if the 95 %"
                        + " interval of the mean difference between all sizes together and within sizes (Student's t"
                        + " over seeds) lies above 0; no, if below.",
                cases,
                cases.isEmpty()
                        ? Conditions.sizes(study)
                                .orElse("No objective has a seed with five checkpoints whose accuracy and gold reward"
                                        + " are known.")
                        : "");
    }

    private static List<Cell> row(String objective, String over, RankCorrelation accuracy, RankCorrelation loss) {
        return List.of(Cell.text(objective), Cell.text(over), cell(accuracy), cell(loss));
    }

    private static Cell cell(RankCorrelation r) {
        return Double.isNaN(r.value())
                ? Cell.number("–")
                : Cell.number(Words.signed(r.value(), 2))
                        .withDetail(Words.signed(r.low(), 2) + " to " + Words.signed(r.high(), 2));
    }

    /// Over the checkpoints of several sizes ranked together.
    private static RankCorrelation accuracy(StudyGroups study, String objective, List<String> sizes) {
        return correlation(points(study, objective, sizes, ACCURACY), _ -> objective, ACCURACY);
    }

    private static RankCorrelation loss(StudyGroups study, String objective, List<String> sizes) {
        return correlation(
                points(study, objective, sizes, LOSS), point -> point.cell().beta(), LOSS);
    }

    /// Of a gauge and the gold reward, ranked within groups.
    private static RankCorrelation correlation(
            List<Point> points, Function<Point, Object> group, ToDoubleFunction<Evaluation> gauge) {
        return RankCorrelation.of(
                points,
                group,
                point -> gauge.applyAsDouble(point.evaluation()),
                point -> point.gold().mean());
    }

    private static List<Point> points(
            StudyGroups study, String objective, List<String> sizes, ToDoubleFunction<Evaluation> gauge) {
        return study.trajectories().stream()
                .filter(member -> member.objective().equals(objective) && sizes.contains(member.size()))
                .flatMap(member -> member.stages().stream())
                .flatMap(stage -> stage.points().stream())
                .filter(point -> !point.isStart() && !point.gold().isMissing())
                .filter(point -> !Double.isNaN(gauge.applyAsDouble(point.evaluation())))
                .toList();
    }
}
