package dev.daa.train.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RewardQualityTest {
    /// Margins of ±ln 3 say 3 : 1; with three of four right the scores are calibrated.
    @Test
    void aCalibratedScorerHasNoCalibrationError() {
        float margin = (float) Math.log(3);
        RewardQuality quality =
                RewardQuality.of(new float[] {margin, 2 + margin, -1 + margin, 0}, new float[] {0, 2, -1, margin});
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
        RewardQuality quality = RewardQuality.of(chosen, rejected);
        assertThat(quality.accuracy()).isZero();
        assertThat(quality.calibrationError()).isEqualTo(1);
        assertThat(quality.loss()).isEqualTo(100);
    }

    @Test
    void aScorerThatIsSureAndRightHasNone() {
        RewardQuality quality = RewardQuality.of(new float[] {100, 200}, new float[] {0, 0});
        assertThat(quality.accuracy()).isEqualTo(1);
        assertThat(quality.calibrationError()).isZero();
        assertThat(quality.loss()).isCloseTo(0, within(1e-40));
    }

    @Test
    void tiesCountHalf() {
        RewardQuality quality = RewardQuality.of(new float[] {3, 3, 3}, new float[] {3, 3, 3});
        assertThat(quality.accuracy()).isEqualTo(0.5);
        assertThat(quality.calibrationError()).isZero();
        assertThat(quality.loss()).isCloseTo(Math.log(2), within(1e-15));
    }

    @Test
    void refusesNothingToJudge() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RewardQuality.of(new float[0], new float[0]))
                .withMessage("reward quality needs as many chosen as rejected scores and at least one, found 0 and 0");
    }
}
