package dev.daa.eval.report.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Finding.Verdict;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.Outcome;
import java.util.ArrayList;
import java.util.List;

/// Points made for a verdict. Standard errors are 0.05 unless a test says otherwise.
abstract class MadeStudy {
    private static final double ERROR = 0.05;

    final List<Point> points = new ArrayList<>();

    /// The first case's numbers with plain spaces.
    static String plain(Finding finding) {
        return finding.cases().getFirst().numbers().replace('\u00a0', ' ');
    }

    static List<Outcome> outcomes(Finding finding) {
        return finding.cases().stream().map(Case::outcome).toList();
    }

    Finding finding(String id) {
        return finding(id, List.of());
    }

    /// The same with a second seed of every run that came out alike; without it, runs are not told apart.
    Finding repeated(String id) {
        assertThat(finding(id).verdict()).isIn(Verdict.UNCLEAR, Verdict.NOT_TESTED);
        List<Point> once = List.copyOf(points);
        once.forEach(point -> points.add(again(point)));
        Finding found = finding(id);
        points.retainAll(once);
        return found;
    }

    /// The same point of seed 2.
    static Point again(Point point) {
        Point.Cell cell = point.cell();
        return new Point(
                new Point.Cell(
                        cell.run() + "again",
                        cell.method(),
                        cell.objective(),
                        cell.beta(),
                        cell.size(),
                        cell.parameters(),
                        2,
                        cell.proxy(),
                        cell.regime()),
                point.step(),
                point.fraction(),
                point.evaluation());
    }

    Finding finding(String id, List<FittedLaw> fits) {
        return Findings.of(points, fits, List.of()).stream()
                .filter(finding -> finding.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("Findings lists no finding " + id));
    }

    static double[] kl(double... values) {
        return values;
    }

    static double[] gold(double... values) {
        return values;
    }

    void run(String objective, double beta, double[] kl, double[] gold) {
        run("S", 100, objective, beta, kl, gold);
    }

    /// A run of DPO on one of several seeds.
    void seeded(long seed, double beta, double[] kl, double[] gold) {
        seeded("dpo", seed, beta, kl, gold);
    }

    void seeded(String objective, long seed, double beta, double[] kl, double[] gold) {
        Point.Cell start = new Point.Cell("sft-S-" + seed, Point.SFT, Double.NaN, "S", 100, seed);
        Point sft = new Point(start, 0, 0, evaluation(0, -0.2, Double.NaN, 0));
        if (!points.contains(sft)) {
            points.add(sft);
        }
        Point.Cell cell = new Point.Cell(objective + beta + "S" + seed, objective, beta, "S", 100, seed);
        for (int k = 0; k < kl.length; k++) {
            points.add(new Point(cell, k + 1, (k + 1.0) / kl.length, evaluation(kl[k], gold[k], 0.7, beta)));
        }
    }

    /// A run of one seed whose checkpoints are evenly spaced, with its SFT point at gold −0.2.
    void run(String size, long parameters, String objective, double beta, double[] kl, double[] gold) {
        Point.Cell start = new Point.Cell("sft-" + size, Point.SFT, Double.NaN, size, parameters, 1);
        Point sft = new Point(start, 0, 0, evaluation(0, -0.2, Double.NaN, 0));
        if (!points.contains(sft)) {
            points.add(sft);
        }
        Point.Cell cell = new Point.Cell(objective + beta + size, objective, beta, size, parameters, 1);
        for (int k = 0; k < kl.length; k++) {
            double fraction = (k + 1.0) / kl.length;
            points.add(new Point(cell, k + 1, fraction, evaluation(kl[k], gold[k], 0.7, beta)));
        }
    }

    /// A run of one checkpoint.
    void predicted(long seed, double beta, double accuracy, double gold) {
        Point.Cell cell = new Point.Cell("dpo" + beta + "S" + seed, "dpo", beta, "S", 100, seed);
        points.add(new Point(cell, 1, 1, evaluation(1, gold, accuracy, beta)));
    }

    /// Runs of one checkpoint, one a seed, with a mean log-ratio of chosen responses.
    void chosen(double beta, double... logRatio) {
        for (int seed = 0; seed < logRatio.length; seed++) {
            Point.Cell cell = new Point.Cell("dpo" + beta + "S" + seed, "dpo", beta, "S", 100, seed);
            points.add(new Point(cell, 1, 1, evaluation(1, 1, 0.7, beta, logRatio[seed])));
        }
    }

    static Evaluation evaluation(double kl, double gold, double accuracy, double beta) {
        return evaluation(kl, gold, accuracy, beta, Double.NaN);
    }

    static Evaluation evaluation(double kl, double gold, double accuracy, double beta, double chosenLogRatio) {
        return new Evaluation(
                Evaluation.Kl.of(new Estimate(kl, kl == 0 ? 0 : ERROR)),
                new Evaluation.Rewards(
                        new Estimate(gold, ERROR),
                        Estimate.MISSING,
                        Estimate.MISSING,
                        Estimate.MISSING,
                        new Estimate(beta * kl, beta * ERROR),
                        Estimate.MISSING,
                        Concordance.MISSING,
                        Double.NaN),
                new Evaluation.HeldOut(accuracy, Double.NaN, chosenLogRatio, Double.NaN),
                Evaluation.Responses.of(256));
    }
}
