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

    /// Values 0, 0, 3 with errors 1 at 1, 2, 3: the line through −½, 1, 2½ leaves residuals ½, −1, ½, so χ² is 1.5.
    @Test
    void theMisfitIsChiSquared() {
        Trend bent = Trend.of(new double[] {10, 100, 1000}, new double[] {0, 0, 3}, new double[] {1, 1, 1})
                .orElseThrow();
        assertThat(bent.misfit()).isCloseTo(1.5, within(1e-12));
        assertThat(bent.isLinear()).isTrue();
        // The 95 % quantile of χ² with one degree of freedom is 3.841.
        assertThat(Trend.of(new double[] {10, 100, 1000}, new double[] {0, 0, 3}, new double[] {0.62, 0.62, 0.62})
                        .orElseThrow()
                        .isLinear())
                .isFalse();
        assertThat(Trend.of(new double[] {10, 100, 1000}, new double[] {0, 0, 3}, new double[] {0.63, 0.63, 0.63})
                        .orElseThrow()
                        .isLinear())
                .isTrue();
    }

    @Test
    void oneSizeOrAnUnknownErrorHasNoTrend() {
        assertThat(Trend.of(new double[] {1e4, 1e4}, new double[] {1, 2}, new double[] {1, 1}))
                .isEmpty();
        assertThat(Trend.of(new double[] {1e4, 1e5}, new double[] {1, 2}, new double[] {Double.NaN, 1}))
                .isEmpty();
    }
}
