package dev.daa.eval.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineFitTest {
    /// Anscombe (1973), the first of his four sets: y = 3.00 + 0.500x, R² 0.667, standard error of the slope 0.118.
    private static final double[] X = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};

    private static final double[] Y = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};

    @Test
    void anscombesFirstSet() {
        LineFit line = LineFit.withIntercept(X, Y).orElseThrow();
        assertThat(line.slope()).isCloseTo(0.5001, within(1e-4));
        assertThat(line.intercept()).isCloseTo(3.0001, within(1e-4));
        assertThat(line.rSquared()).isCloseTo(0.6665, within(1e-4));
        assertThat(line.slopeError()).isCloseTo(0.1179, within(1e-4));
        assertThat(line.points()).isEqualTo(11);
    }

    /// Through the origin R² is about 0, not about the mean: y = 2 everywhere on x = 1, 2 has slope 6/5, RSS 4/5.
    @Test
    void throughTheOriginSharesAreOfTheMeanSquare() {
        LineFit line =
                LineFit.throughOrigin(new double[] {1, 2}, new double[] {2, 2}).orElseThrow();
        assertThat(line.slope()).isCloseTo(1.2, within(1e-12));
        assertThat(line.rSquared()).isCloseTo(1 - 0.8 / 8, within(1e-12));
        assertThat(line.slopeError()).isCloseTo(Math.sqrt(0.8 / 1 / 5), within(1e-12));
    }

    @Test
    void whatDoesNotVaryHasNoLine() {
        assertThat(LineFit.withIntercept(new double[] {1, 1, 1}, new double[] {1, 2, 3}))
                .isEmpty();
        assertThat(LineFit.withIntercept(new double[] {1, 2, 3}, new double[] {1, 1, 1}))
                .isEmpty();
        assertThat(LineFit.throughOrigin(new double[3], new double[] {1, 2, 3})).isEmpty();
        assertThat(LineFit.throughOrigin(new double[0], new double[0])).isEmpty();
    }

    /// Runs whose slopes differ: the interval is that of the mean of their slopes, since all have the same x.
    @Test
    void theIntervalDrawsRuns() {
        Random random = new Random(5);
        int runs = 40;
        double[] x = new double[runs * 3];
        double[] y = new double[x.length];
        int[] cluster = new int[x.length];
        double sum = 0;
        double squares = 0;
        for (int run = 0; run < runs; run++) {
            double slope = 1 + 0.2 * random.nextGaussian();
            sum += slope;
            squares += slope * slope;
            for (int k = 0; k < 3; k++) {
                x[3 * run + k] = k + 1;
                y[3 * run + k] = slope * (k + 1);
                cluster[3 * run + k] = run;
            }
        }
        double error = Math.sqrt((squares / runs - sum * sum / runs / runs) / runs);
        Interval interval = LineFit.slopeInterval(new CurvePoints(x, y, new double[0], cluster), 4000, 1)
                .orElseThrow();
        assertThat(interval.low()).isCloseTo(sum / runs - 1.96 * error, within(0.15 * error));
        assertThat(interval.high()).isCloseTo(sum / runs + 1.96 * error, within(0.15 * error));
        assertThat(LineFit.slopeInterval(new CurvePoints(x, y, new double[0], new int[x.length]), 10, 1))
                .isEmpty();
    }
}
