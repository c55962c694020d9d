package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.train.rollout.RewardShaping.Transform;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RewardShapingTest {
    private static final double[] REFERENCE = {0.3, -1.2, 2.5, 0.3, -0.4};

    /// `torch.sigmoid(s − r).mean()`, `logsigmoid(s − torch.quantile(r, q))` in float64; F is 5/6, 1 and 1/6 here.
    @ParameterizedTest
    @CsvSource({
        "PAR,0.85,10,0.3,0.517102547496299",
        "PAR,0.85,10,4,0.9503411398949162",
        "PAR,0.85,10,-3,0.05724040030100062",
        "PAR,0.85,10,30,0.9999999999997033",
        "PAR,0.85,10,-800,0",
        "LSC,0.85,10,0.3,-1.2269761000189523",
        "LSC,0.85,10,4,-0.05789708684563293",
        "LSC,0.5,10,-3,-3.336219258870659",
        "LSC,0.85,10,30,-3.0453206790156674e-13",
        "LSC,0.85,10,-800,-801.18",
        "LSC,0,10,-1.2,-0.6931471805599453",
        "LSC,1,10,2.5,-0.6931471805599453",
        "LOG_CDF,0.85,10,0.3,-0.1823215567939546",
        "LOG_CDF,0.85,10,4,0",
        "LOG_CDF,0.85,10,-3,-1.791759469228055",
        "EXP_CDF,0.85,10,0.3,4160.262005375057",
        "EXP_CDF,0.85,-10,-3,-0.18887560283756186",
        "EXP_CDF,0.85,0,0.3,0.8333333333333334"
    })
    void shapedScoresAreThoseOfTorch(Transform transform, double quantile, double tilt, double score, double shaped) {
        RewardShaping shaping = new RewardShaping(transform, REFERENCE.length, quantile, tilt);
        assertThat(shaping.shaped(score, REFERENCE)).isCloseTo(shaped, within(1e-12 + 1e-12 * Math.abs(shaped)));
    }

    /// The order of responses to one prompt stays, and a constant added to all scores changes nothing.
    @ParameterizedTest
    @EnumSource(Transform.class)
    void aBetterResponseNeverEarnsLess(Transform transform) {
        for (double tilt : new double[] {-3, 0, 3}) {
            RewardShaping shaping = new RewardShaping(transform, REFERENCE.length, 0.7, tilt);
            double[] moved = Arrays.stream(REFERENCE).map(score -> score + 5).toArray();
            double before = Double.NEGATIVE_INFINITY;
            for (double score = -4; score < 5; score += 0.37) {
                double shaped = shaping.shaped(score, REFERENCE);
                assertThat(shaped).isGreaterThanOrEqualTo(before);
                assertThat(shaping.shaped(score + 5, moved)).isCloseTo(shaped, within(1e-12));
                before = shaped;
            }
        }
    }
}
