package dev.daa.train.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.daa.model.score.Sequence;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewardQualityTest {
    private static RewardQuality of(float[] chosen, float[] rejected) {
        return RewardQuality.of(
                chosen, rejected, responses(new int[chosen.length]), responses(new int[rejected.length]));
    }

    private static List<Sequence> responses(int... lengths) {
        return Arrays.stream(lengths)
                .mapToObj(length -> new Sequence(new int[] {1, 2, 3}, new int[length]))
                .toList();
    }

    /// NumPy: `np.corrcoef([.5, -.2, .9, .1, .7, 2.5], [3, 1, 4, 1, 5, 9])`, which the prompts are no part of.
    @Test
    void theCorrelationWithLengthIsOverAllResponses() {
        assertThat(RewardQuality.of(
                                new float[] {0.5f, -0.2f, 0.9f},
                                new float[] {0.1f, 0.7f, 2.5f},
                                responses(3, 1, 4),
                                responses(1, 5, 9))
                        .lengthCorrelation())
                .isCloseTo(0.9707461203399873, within(1e-6));
        assertThat(of(new float[] {1, 2}, new float[] {3, 4}).lengthCorrelation())
                .as("all alike")
                .isZero();
    }

    /// Margins of ±ln 3 say 3 : 1; with three of four right the scores are calibrated.
    @Test
    void aCalibratedScorerHasNoCalibrationError() {
        float margin = (float) Math.log(3);
        RewardQuality quality = of(new float[] {margin, 2 + margin, -1 + margin, 0}, new float[] {0, 2, -1, margin});
        assertThat(quality.pairs()).isEqualTo(4);
        assertThat(quality.accuracy()).isEqualTo(0.75);
        assertThat(quality.accuracyStandardError()).isCloseTo(Math.sqrt(0.75 * 0.25 / 4), within(1e-15));
        assertThat(quality.calibrationError()).isCloseTo(0, within(1e-7));
        assertThat(quality.loss()).isCloseTo(-(3 * Math.log(0.75) + Math.log(0.25)) / 4, within(1e-7));
    }

    @Test
    void aScorerThatIsSureAndWrongHasTheLargestError() {
        float[] chosen = new float[13];
        float[] rejected = new float[13];
        Arrays.fill(rejected, 100);
        RewardQuality quality = of(chosen, rejected);
        assertThat(quality.accuracy()).isZero();
        assertThat(quality.calibrationError()).isEqualTo(1);
        assertThat(quality.loss()).isEqualTo(100);
    }

    @Test
    void aScorerThatIsSureAndRightHasNone() {
        RewardQuality quality = of(new float[] {100, 200}, new float[] {0, 0});
        assertThat(quality.accuracy()).isEqualTo(1);
        assertThat(quality.calibrationError()).isZero();
        assertThat(quality.loss()).isCloseTo(0, within(1e-40));
    }

    @Test
    void tiesCountHalf() {
        RewardQuality quality = of(new float[] {3, 3, 3}, new float[] {3, 3, 3});
        assertThat(quality.accuracy()).isEqualTo(0.5);
        assertThat(quality.calibrationError()).isZero();
        assertThat(quality.loss()).isCloseTo(Math.log(2), within(1e-15));
    }

    @Test
    void refusesNothingToJudge() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(new float[0], new float[0]))
                .withMessage("reward quality needs as many chosen as rejected scores and at least one, found 0 and 0");
    }
}
