package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import java.util.List;
import org.apache.commons.math3.stat.StatUtils;
import org.junit.jupiter.api.Test;

class RewardScaleTest {
    private static final double[] SCORES = {2, -1, 4.5, 0.5, 3, 3};

    /// gain = σ/σ_D and bias = μ − gain·μ_D, with commons-math's mean and variance of the scaled scores.
    @Test
    void scaledScoresHaveTheGivenMeanAndDeviation() {
        RewardScale scale = RewardScale.of(SCORES, 0.7, 1.9);
        List<Sequence> responses = List.of(
                new Sequence(new int[0], new int[] {0}),
                new Sequence(new int[0], new int[] {1}),
                new Sequence(new int[0], new int[] {2}),
                new Sequence(new int[0], new int[] {3}),
                new Sequence(new int[0], new int[] {4}),
                new Sequence(new int[0], new int[] {5}));
        ResponseReward reward = (asked, _) ->
                asked.stream().mapToDouble(one -> SCORES[one.response()[0]]).toArray();
        double[] scaled = scale.applied(reward).score(responses, () -> false);
        assertThat(StatUtils.mean(scaled)).isCloseTo(0.7, within(1e-12));
        assertThat(Math.sqrt(StatUtils.variance(scaled))).isCloseTo(1.9, within(1e-12));
        assertThat(scaled[1]).isLessThan(scaled[0]);
        // 12/6 = 2, deviations 0 −3 2.5 −1.5 1 1: σ_D = √(19.5/5).
        assertThat(RewardScale.of(SCORES, 0, 1).gain()).isCloseTo(1 / Math.sqrt(3.9), within(1e-12));
        assertThat(RewardScale.of(SCORES, 0, 1).apply(2)).isCloseTo(0, within(1e-12));
    }

    @Test
    void aConstantRewardHasNoScale() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RewardScale.of(new double[] {1, 1, 1}, 0, 1))
                .withMessage("the reward has a standard deviation of 0.0 over 3 samples of the reference, expected a"
                        + " positive number; it cannot be brought to unit variance");
    }
}
