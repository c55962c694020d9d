package dev.daa.train.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RewardLossTest {
    private static final double H = 1e-5;

    private static ScoredPairs pairs(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ScoredPairs pairs = new ScoredPairs(count);
        for (int i = 0; i < 2 * count; i++) {
            pairs.score()[i] = random.nextGaussian();
            pairs.lengthScore()[i] = random.nextGaussian();
            pairs.length()[i] = 1 + random.nextInt(9);
        }
        return pairs;
    }

    private static double[] differences(RewardLoss loss, ScoredPairs pairs, double[] of) {
        double[] found = new double[of.length];
        for (int i = 0; i < of.length; i++) {
            double at = of[i];
            of[i] = at + H;
            double above = loss.of(pairs, 0, pairs.pairs());
            of[i] = at - H;
            double below = loss.of(pairs, 0, pairs.pairs());
            of[i] = at;
            found[i] = (above - below) / (2 * H);
        }
        loss.of(pairs, 0, pairs.pairs());
        return found;
    }

    @ParameterizedTest
    @CsvSource({"0.1,0.02,0,0", "0,0,0.3,0", "0.1,0.02,0.3,0", "0,0,0,1", "0.1,0.02,0.3,0.7"})
    void derivativesAreFiniteDifferences(double smoothing, double centering, double batch, double correlation) {
        RewardLoss loss = new RewardLoss(new BradleyTerry(smoothing, centering), batch, new LengthHead(correlation, 1));
        for (long seed = 1; seed <= 5; seed++) {
            ScoredPairs pairs = pairs(7, seed);
            assertThat(differences(loss, pairs, pairs.score())).containsExactly(pairs.dScore(), within(1e-8));
            if (correlation > 0) {
                assertThat(differences(loss, pairs, pairs.lengthScore()))
                        .containsExactly(pairs.dLengthScore(), within(1e-8));
            }
        }
    }

    /// Pairs of which one is above 0 by what the other is below: centring each costs, centring the batch does not.
    /// The first is 4c times the mean of squared means, the second b times the squared mean.
    @Test
    void centringPairsIsMoreThanCentringTheBatch() {
        ScoredPairs pairs = new ScoredPairs(2);
        double[] scores = {3, 3, -3, -3};
        System.arraycopy(scores, 0, pairs.score(), 0, 4);
        double even = Math.log(2);
        assertThat(new RewardLoss(new BradleyTerry(0, 0.25)).of(pairs, 0, 2)).isCloseTo(even + 9, within(1e-12));
        RewardLoss batch = new RewardLoss(new BradleyTerry(0, 0), 1, LengthHead.NONE);
        assertThat(batch.of(pairs, 0, 2)).isCloseTo(even, within(1e-12));
        pairs.score()[2] = 3;
        pairs.score()[3] = 3;
        assertThat(batch.of(pairs, 0, 2)).isCloseTo(even + 9, within(1e-12));
    }

    /// NumPy: `np.corrcoef([.5, -.2, .9, .1], [3, 1, 4, 1])[0, 1]`. What is alike correlates with nothing.
    @Test
    void correlations() {
        double[] scores = {0.5, -0.2, 0.9, 0.1};
        double[] lengths = {3, 1, 4, 1};
        assertThat(LengthCorrelation.of(scores, lengths).value()).isCloseTo(0.9632296962881947, within(1e-12));
        for (LengthCorrelation none : new LengthCorrelation[] {
            LengthCorrelation.of(new double[] {2, 2, 2}, new double[] {1, 2, 3}),
            LengthCorrelation.of(new double[] {1, 2, 3}, new double[] {2, 2, 2})
        }) {
            assertThat(none.value()).isZero();
            assertThat(none.derivative()).containsOnly(0);
        }
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        RewardLoss odin = new RewardLoss(new BradleyTerry(0, 0), 0, new LengthHead(1, 1));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> odin.requireBatch(2))
                .withMessage(
                        "batch is 2 with length_head.correlation 1.0, expected at least 3: scores of fewer responses"
                                + " always correlate with length");
        odin.requireBatch(3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> odin.of(pairs(4, 1), 0, 2))
                .withMessage("the loss needs all 4 pairs at once, found 2");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new RewardLoss(new BradleyTerry(0, 0), -1, LengthHead.NONE))
                .withMessage("batch_centering is -1.0, expected a finite number of at least 0");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LengthHead(-1, 1))
                .withMessage("length_head.correlation is -1.0, expected 0 (one head) or a number above");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LengthHead(1, Double.NaN))
                .withMessage("length_head.orthogonality is NaN, expected a finite number of at least 0");
    }
}
