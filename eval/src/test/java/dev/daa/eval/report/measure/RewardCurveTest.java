package dev.daa.eval.report.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.curve.Law;
import dev.daa.eval.curve.LawBootstrap;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RewardCurveTest {
    private static final double ALPHA = 1;
    private static final double BETA = 0.6;

    /// Seeds have coefficients of their own, and their four runs differ in little else: replicas of runs alone held
    /// α in 75 % of simulated studies of three seeds, not 95.
    @Test
    void intervalsHoldTheTruthWhereRunsOfASeedGoTogether() throws IOException {
        Random random = new Random(3);
        int studies = 60;
        int held = 0;
        int peakHeld = 0;
        for (int study = 0; study < studies; study++) {
            List<Point> points = study(random);
            RewardCurve curve = RewardCurve.of(
                            points,
                            StudyGroups.of(points).groups().getFirst(),
                            measured -> measured.rewards().gold(),
                            SampledRewards.Source.none(),
                            SampledRewards::gold)
                    .orElseThrow();
            LawBootstrap law = LawBootstrap.of(Law.RL.form(false), curve.curve().again(100, 1), new double[0])
                    .orElseThrow();
            held += law.alpha().contains(ALPHA) ? 1 : 0;
            peakHeld += law.peakDistance().contains(Math.exp(ALPHA / BETA - 1)) ? 1 : 0;
        }
        assertThat(held).isGreaterThanOrEqualTo(54);
        assertThat(peakHeld).isGreaterThanOrEqualTo(54);
    }

    /// The mean of three seeds' α, which differ by 0.1, has the standard error 0.1/√3 = 0.058.
    @Test
    void errorsOfCoefficientsAreThoseOfSeedsWhereRunsOfASeedGoTogether() throws IOException {
        Random random = new Random(4);
        int studies = 40;
        double squares = 0;
        for (int study = 0; study < studies; study++) {
            double error = LawFits.of(study(random), 100).stream()
                    .filter(fit -> fit.law().equals("rl") && fit.reward().equals("gold"))
                    .findFirst()
                    .orElseThrow()
                    .estimate(0)
                    .standardError();
            squares += error * error;
        }
        assertThat(Math.sqrt(squares / studies)).isBetween(0.048, 0.078);
    }

    private static List<Point> study(Random random) {
        List<Point> points = new ArrayList<>();
        for (long seed = 1; seed <= 3; seed++) {
            points.add(point(Point.SFT, Double.NaN, seed, 0, 0, 0));
            double alpha = ALPHA + 0.1 * random.nextGaussian();
            double beta = BETA + 0.05 * random.nextGaussian();
            for (int run = 1; run <= 4; run++) {
                for (int k = 1; k <= 5; k++) {
                    double d = k * (1 - 0.15 * run);
                    double gold = d * (alpha - beta * Math.log(d)) + 0.03 * random.nextGaussian();
                    points.add(point("dpo", 0.1 * run, seed, k, d * d, gold));
                }
            }
        }
        return points;
    }

    private static Point point(String objective, double beta, long seed, int step, double kl, double gold) {
        return new Point(
                new Point.Cell(objective + beta + "-" + seed, objective, beta, "S", 100, seed),
                step,
                step / 5.0,
                new Evaluation(
                        Evaluation.Kl.of(new Estimate(kl, 0.01)),
                        Evaluation.Rewards.of(new Estimate(gold, 0.03), Estimate.MISSING, Concordance.MISSING),
                        Evaluation.HeldOut.MISSING,
                        Evaluation.Responses.of(64)));
    }
}
