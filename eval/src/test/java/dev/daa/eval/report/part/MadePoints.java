package dev.daa.eval.report.part;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.HeldOutResponse;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// Checkpoints of made-up runs, for tests of the report's parts.
abstract class MadePoints {
    static final int REPLICAS = 60;

    private static final double ERROR = 0.03;

    final List<Point> points = new ArrayList<>();
    final Map<Point, List<HeldOutResponse>> heldOut = new LinkedHashMap<>();
    final Random random = new Random(6);

    /// What a checkpoint of the tests is like, apart from its KL and gold reward.
    record Gauges(double forwardKl, double chosen, double rejected, double entropy) {
        static final Gauges NONE = new Gauges(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    Point point(String objective, double beta, String size, long seed, double fraction, double kl, double gold) {
        return point(objective, beta, size, seed, fraction, kl, gold, Gauges.NONE);
    }

    Point point(
            String objective,
            double beta,
            String size,
            long seed,
            double fraction,
            double kl,
            double gold,
            Gauges gauges) {
        Point.Cell cell = new Point.Cell(
                objective + "-" + beta + "-" + size + "-" + seed,
                objective,
                beta,
                size,
                size.equals("XL") ? 10_000 : 1000,
                seed);
        Evaluation evaluation = new Evaluation(
                new Evaluation.Kl(
                        new Estimate(kl, kl == 0 ? 0 : ERROR * kl),
                        Estimate.MISSING,
                        Estimate.MISSING,
                        new Estimate(gauges.forwardKl(), Double.NaN)),
                Evaluation.Rewards.of(new Estimate(gold, ERROR), Estimate.MISSING, Concordance.MISSING),
                new Evaluation.HeldOut(Double.NaN, Double.NaN, gauges.chosen(), gauges.rejected()),
                new Evaluation.Responses(
                        64, 64, Estimate.MISSING, Double.NaN, gauges.entropy(), 0.9, Double.NaN, Double.NaN));
        Point point = new Point(cell, (int) Math.round(100 * fraction), fraction, evaluation);
        points.add(point);
        return point;
    }

    void start(String size, long seed) {
        point(Point.SFT, Double.NaN, size, seed, 0, 0, 0, new Gauges(0, 0, 0, 1));
    }

    StudyData data() {
        return new StudyData(
                StudyFacts.unrecorded(),
                points,
                List.of(),
                Map.of(),
                List.of(),
                heldOut,
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty());
    }

    FigureStyle style() {
        return new FigureStyle(points, StudyGroups.of(points), Optional.empty());
    }

    static Finding finding(AnalysisSection section, String id) {
        return section.findings().stream()
                .filter(finding -> finding.id().equals(id))
                .findFirst()
                .orElseThrow();
    }
}
