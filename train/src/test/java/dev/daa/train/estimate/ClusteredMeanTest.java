package dev.daa.train.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ClusteredMeanTest {
    @Test
    void independentSamplesHaveTheTextbookStandardError() {
        // 1 … 5: mean 3, s² = 2.5, SE = √(2.5/5).
        ClusteredMean mean = ClusteredMean.of(new double[] {1, 2, 3, 4, 5});

        assertThat(mean.mean()).isEqualTo(3);
        assertThat(mean.standardError()).isEqualTo(Math.sqrt(0.5), within(1e-15));
        assertThat(mean.samples()).isEqualTo(5);
        assertThat(mean.clusters()).isEqualTo(5);
        assertThat(ClusteredMean.of(new double[] {1, 2, 3, 4, 5}, new int[] {9, 7, -5, 3, 0}))
                .isEqualTo(mean);
    }

    @Test
    void copiesInOneClusterAddNothing() {
        double[] values = {1, 1, 1, 2, 2, 2, 6, 6, 6};
        ClusteredMean clustered = ClusteredMean.of(values, new int[] {0, 0, 0, 1, 1, 1, 2, 2, 2});

        assertThat(clustered.mean()).isEqualTo(3);
        assertThat(clustered.standardError())
                .isEqualTo(ClusteredMean.of(new double[] {1, 2, 6}).standardError(), within(1e-15));
        assertThat(clustered.clusters()).isEqualTo(3);
    }

    @Test
    void unequalClustersByHand() {
        // Mean 2; residual sums −1 + 0 = −1 and 1: SE² = 2·(1 + 1)/9.
        ClusteredMean mean = ClusteredMean.of(new double[] {1, 3, 2}, new int[] {4, 5, 4});

        assertThat(mean.mean()).isEqualTo(2);
        assertThat(mean.standardError()).isEqualTo(2.0 / 3, within(1e-15));
    }

    @Test
    void standardErrorIsTheSpreadOfTheMean() {
        // 33 clusters of 7 with between-variance 1 and within-variance 4: SD of the mean is √(1/33 + 4/231).
        RandomGenerator random = new SplittableRandom(13);
        int[] cluster = new int[231];
        double[] values = new double[231];
        double squares = 0;
        double squaredErrors = 0;
        int repetitions = 3000;
        for (int r = 0; r < repetitions; r++) {
            for (int c = 0; c < 33; c++) {
                double centre = random.nextGaussian();
                for (int k = 0; k < 7; k++) {
                    cluster[7 * c + k] = c;
                    values[7 * c + k] = centre + 2 * random.nextGaussian();
                }
            }
            ClusteredMean mean = ClusteredMean.of(values, cluster);
            squares += mean.mean() * mean.mean();
            squaredErrors += mean.standardError() * mean.standardError();
        }
        double variance = 1.0 / 33 + 4.0 / 231;
        assertThat(squares / repetitions).isEqualTo(variance, within(0.12 * variance));
        assertThat(squaredErrors / repetitions).isEqualTo(variance, within(0.03 * variance));
    }

    @Test
    void oneClusterHasNoKnownSpread() {
        assertThat(ClusteredMean.of(new double[] {4}).standardError()).isNaN();
        assertThat(ClusteredMean.of(new double[] {4, 5}, new int[] {1, 1}).standardError())
                .isNaN();
    }

    @Test
    void badSamplesAreRefused() {
        assertThatThrownBy(() -> ClusteredMean.of(new double[0])).hasMessage("the mean of no samples");
        assertThatThrownBy(() -> ClusteredMean.of(new double[] {1, Double.NaN})).hasMessage("sample 1 is NaN");
        assertThatThrownBy(() -> ClusteredMean.of(new double[2], new int[3]))
                .hasMessage("2 samples, but 3 cluster numbers");
    }
}
