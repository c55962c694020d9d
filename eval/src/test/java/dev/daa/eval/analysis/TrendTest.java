package dev.daa.eval.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TrendTest {
    @Test
    void twoSizesGiveTheDifferencePerDecade() {
        Trend trend = Trend.of(new double[] {1e4, 1e6}, new double[] {0.5, 0.9}, new double[] {0.03, 0.04})
                .orElseThrow();
        assertThat(trend.slope()).isCloseTo(0.2, within(1e-12));
        assertThat(trend.slopeError()).isCloseTo(Math.hypot(0.03, 0.04) / 2, within(1e-12));
        assertThat(trend.at(1e5)).isCloseTo(0.7, within(1e-12));
    }

    @Test
    void theSlopesErrorIsItsSpread() {
        Random random = new Random(3);
        double[] size = {3e4, 1e5, 4e5};
        double[] error = {0.02, 0.05, 0.03};
        double sum = 0;
        double squares = 0;
        int trials = 20_000;
        double claimed = 0;
        for (int trial = 0; trial < trials; trial++) {
            double[] value = new double[3];
            for (int i = 0; i < 3; i++) {
                value[i] = 1 - 0.3 * Math.log10(size[i]) + error[i] * random.nextGaussian();
            }
            Trend trend = Trend.of(size, value, error).orElseThrow();
            sum += trend.slope();
            squares += trend.slope() * trend.slope();
            claimed = trend.slopeError();
        }
        double mean = sum / trials;
        assertThat(mean).isCloseTo(-0.3, within(0.002));
        assertThat(Math.sqrt(squares / trials - mean * mean)).isCloseTo(claimed, within(0.02 * claimed));
    }

    /// 2 − x + 0.5·x² at four uneven sizes, whatever the weights; two sizes have no bend.
    @Test
    void theBendIsTheCoefficientOfTheSquare() {
        double[] size = {10, 100, 3000, 1e5};
        double[] value = new double[4];
        for (int i = 0; i < 4; i++) {
            double x = Math.log10(size[i]);
            value[i] = 2 - x + 0.5 * x * x;
        }
        assertThat(Trend.of(size, value, new double[] {1, 2, 0.5, 1})
                        .orElseThrow()
                        .bend())
                .isCloseTo(0.5, within(1e-12));
        assertThat(Trend.of(new double[] {10, 1000}, new double[] {0, 3}, new double[] {1, 1})
                        .orElseThrow()
                        .bend())
                .isNaN();
    }

    @Test
    void oneSizeOrAnUnknownErrorHasNoTrend() {
        assertThat(Trend.of(new double[] {1e4, 1e4}, new double[] {1, 2}, new double[] {1, 1}))
                .isEmpty();
        assertThat(Trend.of(new double[] {1e4, 1e5}, new double[] {1, 2}, new double[] {Double.NaN, 1}))
                .isEmpty();
    }
}
