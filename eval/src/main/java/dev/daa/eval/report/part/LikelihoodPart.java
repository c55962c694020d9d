package dev.daa.eval.report.part;

import dev.daa.eval.analysis.LineFit;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.SeedMean;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// Why the likelihood of chosen responses falls (2406.02900 §3.5, equation 7): where the reference was trained on
/// them, E[log π/π_ref] = −KL(π_ref‖π).
final class LikelihoodPart {
    private static final double LOW = 0.8;
    private static final double HIGH = 1 / LOW;

    private LikelihoodPart() {}

    static AnalysisSection of(StudyData data, StudyGroups study) {
        List<Slopes> slopes = study.groups().stream()
                .map(group -> Slopes.of(data, group, study.label(group)))
                .filter(group -> group.chosen().line().isPresent())
                .toList();
        return new AnalysisSection(
                Part.LIKELIHOOD,
                "Falling likelihood",
                "Slopes of held-out responses' mean log(π/SFT) against −KL(SFT‖π), lines through the origin over all"
                        + " checkpoints of an objective, the mean of each seed's own, with Student's 95 % interval over"
                        + " seeds (– for a single one). Chosen and rejected responses together are samples of the SFT"
                        + " policy, so for them the slope is 1 by the definition of the divergence: a check of the"
                        + " measurement. The figure of the forward KL shows the points.",
                List.of(SftProbe.figure(data)),
                slopes.isEmpty() ? Optional.empty() : Optional.of(table(slopes)),
                List.of(finding(study, slopes), SftProbe.finding(data)));
    }

    private static AnalysisSection.Table table(List<Slopes> slopes) {
        return new AnalysisSection.Table(
                "Slopes of log-ratios against the negative forward KL",
                List.of(
                        Cell.text("Objective"),
                        Cell.number("chosen"),
                        Cell.number("rejected"),
                        Cell.number("both together"),
                        Cell.number("checkpoints"),
                        Cell.number("runs")),
                slopes.stream().map(Slopes::row).toList());
    }

    private static Finding finding(StudyGroups study, List<Slopes> slopes) {
        return new Finding(
                "likelihood-slope",
                "The mean log-ratio of chosen responses is about −KL(SFT‖π), so it must fall as the policy moves.",
                Findings.RAFAILOV + ", §3.5, eq. 7",
                "For each objective, mean chosen log-ratio against −KL(SFT‖π) over all checkpoints, a line through the"
                        + " origin: yes, if the 95 % interval of the mean of each seed's slope (Student's t over"
                        + " seeds) lies within 0.8 to 1.25; no, if outside.",
                slopes.stream().map(Slopes::verdict).toList(),
                slopes.isEmpty()
                        ? Conditions.direct(study).orElse("The study did not record it.")
                        : "Here the SFT model is trained on the data's reviews, and chosen responses are the preferred"
                                + " of two SFT samples: they are likelier than average under a policy that prefers what"
                                + " the labels prefer, so their slope is below that of chosen and rejected together,"
                                + " which is 1 but for sampling.");
    }

    /// The slopes of one objective and size.
    private record Slopes(String label, Slope chosen, Slope rejected, Slope both, int checkpoints, int runs) {
        static Slopes of(StudyData data, StudyGroups.Group group, String label) {
            List<Point> points = data.points().stream()
                    .filter(point -> point.cell().objective().equals(group.objective())
                            && point.cell().size().equals(group.size()))
                    .filter(point -> !point.evaluation().kl().forward().isMissing()
                            && !Double.isNaN(point.evaluation().heldOut().chosenLogRatio())
                            && !Double.isNaN(point.evaluation().heldOut().rejectedLogRatio()))
                    .toList();
            return new Slopes(
                    label,
                    Slope.of(points, measured -> measured.heldOut().chosenLogRatio()),
                    Slope.of(points, measured -> measured.heldOut().rejectedLogRatio()),
                    Slope.of(
                            points,
                            measured -> (measured.heldOut().chosenLogRatio()
                                            + measured.heldOut().rejectedLogRatio())
                                    / 2),
                    points.size(),
                    (int) points.stream()
                            .map(point -> point.cell().run())
                            .distinct()
                            .count());
        }

        List<Cell> row() {
            return List.of(
                    Cell.text(label),
                    chosen.cell(),
                    rejected.cell(),
                    both.cell(),
                    Cell.number(Integer.toString(checkpoints)),
                    Cell.number(Integer.toString(runs)));
        }

        Case verdict() {
            return new Case(
                    label,
                    chosen.outcome(),
                    "slope of the chosen log-ratio against −KL(SFT‖π), through the origin: " + chosen.words() + "; "
                            + Words.count(checkpoints, "checkpoint") + " of " + Words.count(runs, "run"));
        }
    }

    /// @param line through all checkpoints
    /// @param ofSeeds mean of each seed's own slope: runs of one seed share SFT model and held-out pairs
    private record Slope(Optional<LineFit> line, Optional<SeedMean> ofSeeds) {
        static Slope of(List<Point> points, ToDoubleFunction<Evaluation> logRatio) {
            double[] x = points.stream()
                    .mapToDouble(point -> -point.evaluation().kl().forward().mean())
                    .toArray();
            double[] y = points.stream()
                    .mapToDouble(point -> logRatio.applyAsDouble(point.evaluation()))
                    .toArray();
            return new Slope(LineFit.throughOrigin(x, y), ofSeeds(points, x, y));
        }

        private static Optional<SeedMean> ofSeeds(List<Point> points, double[] x, double[] y) {
            return SeedMean.of(points.stream()
                    .map(point -> point.cell().seed())
                    .distinct()
                    .map(seed -> IntStream.range(0, x.length)
                            .filter(i -> points.get(i).cell().seed() == seed)
                            .toArray())
                    .map(own -> LineFit.throughOrigin(
                            Arrays.stream(own).mapToDouble(i -> x[i]).toArray(),
                            Arrays.stream(own).mapToDouble(i -> y[i]).toArray()))
                    .flatMap(Optional::stream)
                    .map(LineFit::slope)
                    .toList());
        }

        Outcome outcome() {
            if (ofSeeds.isEmpty()) {
                return Outcome.UNDECIDED;
            }
            SeedMean range = ofSeeds.get();
            if (range.low() >= LOW && range.high() <= HIGH) {
                return Outcome.SHOWN;
            }
            return range.high() < LOW || range.low() > HIGH ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
        }

        Cell cell() {
            return ofSeeds.map(range -> Cell.number(Words.fixed(range.mean(), 2))
                            .withDetail(Words.fixed(range.low(), 2) + " to " + Words.fixed(range.high(), 2)))
                    .orElseGet(() -> Cell.number(
                                    Words.fixed(line.map(LineFit::slope).orElse(Double.NaN), 2))
                            .withDetail("–"));
        }

        String words() {
            return Words.fixed(line.map(LineFit::slope).orElse(Double.NaN), 2)
                    + ofSeeds.map(range -> ", seed by seed " + Words.fixed(range.mean(), 2) + " ["
                                    + Words.fixed(range.low(), 2) + ", " + Words.fixed(range.high(), 2) + "]")
                            .orElse(" (one seed, so no interval)");
        }
    }
}
