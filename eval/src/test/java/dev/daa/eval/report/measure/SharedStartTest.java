package dev.daa.eval.report.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Seeds of a text study start from one SFT run and are measured above one sample of it: its error does not fall with
/// their number.
class SharedStartTest {
    private static final int PROMPTS = 257;
    private static final double START_ERROR = 0.2;
    private static final double ERROR = 0.1;

    private static Point point(String run, String objective, double beta, long seed, int step, double kl) {
        return new Point(
                new Point.Cell(run, objective, beta, "S", 1000, seed),
                step,
                step,
                new Evaluation(
                        new Evaluation.Kl(new Estimate(kl, 0), Estimate.MISSING, Estimate.MISSING, Estimate.MISSING),
                        Evaluation.Rewards.of(
                                new Estimate(step, step == 0 ? START_ERROR : ERROR),
                                Estimate.MISSING,
                                Concordance.MISSING),
                        new Evaluation.HeldOut(Double.NaN, Double.NaN, Double.NaN, Double.NaN),
                        new Evaluation.Responses(
                                PROMPTS,
                                PROMPTS,
                                Estimate.MISSING,
                                Double.NaN,
                                Double.NaN,
                                Double.NaN,
                                Double.NaN,
                                Double.NaN)));
    }

    /// Two seeds, from one SFT run or each from its own.
    private static List<Point> points(boolean shared) {
        List<Point> points = new ArrayList<>();
        for (long seed = 1; seed <= 2; seed++) {
            points.add(point(shared ? "sft" : "sft" + seed, Point.SFT, Double.NaN, seed, 0, 0));
            points.add(point("dpo" + seed, "dpo", 0.1, seed, 1, 4));
        }
        return points;
    }

    @Test
    void itsErrorIsNotAveragedOverSeeds() {
        assertThat(rise(true).standardError())
                .isCloseTo(Math.sqrt(ERROR * ERROR / 2 + START_ERROR * START_ERROR), within(1e-12));
        assertThat(rise(false).standardError())
                .isCloseTo(Math.sqrt((ERROR * ERROR + START_ERROR * START_ERROR) / 2), within(1e-12));
        assertThat(rise(true).mean()).isEqualTo(1);
        assertThat(Trajectory.of(points(true)).getFirst().first().gold().standardError())
                .isEqualTo(START_ERROR);
    }

    private static Estimate rise(boolean shared) {
        Trajectory run = Trajectory.of(points(shared)).getFirst();
        return run.last().goldOver(run.first());
    }

    /// Only the SFT policy's rewards differ from prompt to prompt, by σ: the replicas' rewards spread by σ/√n, with
    /// prompts of each seed's own by σ/√2n.
    @Test
    void oneDrawOfItsPromptsServesAllSeeds() throws IOException {
        double[] golds = new Random(1).doubles(PROMPTS).toArray();
        double expected = deviation(golds) / Math.sqrt(PROMPTS);
        assertThat(spread(true, golds)).isCloseTo(expected, within(0.06 * expected));
        assertThat(spread(false, golds)).isCloseTo(expected / Math.sqrt(2), within(0.06 * expected));
    }

    private static double spread(boolean shared, double[] golds) throws IOException {
        List<Point> points = points(shared);
        SampledRewards.Source source = point -> Optional.of(new SampledRewards(
                new double[PROMPTS], point.isStart() ? golds : new double[PROMPTS], new double[PROMPTS]));
        List<CurvePoints> replicas = RewardCurve.of(
                        points,
                        StudyGroups.of(points).groups().getFirst(),
                        measured -> measured.rewards().gold(),
                        source,
                        SampledRewards::gold)
                .orElseThrow()
                .curve()
                .sampler()
                .replicas(2000, 3);
        return deviation(
                replicas.stream().mapToDouble(replica -> replica.reward()[0]).toArray());
    }

    private static double deviation(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return Math.sqrt(Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElseThrow());
    }
}
