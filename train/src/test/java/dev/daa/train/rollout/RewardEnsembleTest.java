package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import dev.daa.train.rollout.RewardEnsemble.Rule;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewardEnsembleTest {
    private static final List<Sequence> TWO =
            List.of(new Sequence(new int[] {1}, new int[] {2}), new Sequence(new int[] {1}, new int[] {3}));

    private static ResponseReward constant(double first, double second) {
        return (_, _) -> new double[] {first, second};
    }

    private static double[] score(Rule rule, double penalty) {
        try (RewardEnsemble ensemble =
                new RewardEnsemble(List.of(constant(1, 4), constant(1.2, 4), constant(2.6, 4)), rule, penalty)) {
            return ensemble.score(TWO, () -> false);
        }
    }

    /// Coste et al.'s formulas on (1, 1.2, 2.6): mean 1.6, population variance 0.50667.
    @Test
    void whatMembersDisagreeOnIsTrustedLess() {
        assertThat(score(Rule.MEAN, 0.5)).containsExactly(new double[] {1.6, 4}, within(1e-12));
        assertThat(score(Rule.WORST_CASE, 0.5)).containsExactly(1, 4);
        assertThat(score(Rule.UNCERTAINTY, 0.5)).containsExactly(new double[] {1.34667, 4}, within(5e-6));
        assertThat(score(Rule.UNCERTAINTY, 0)).containsExactly(new double[] {1.6, 4}, within(1e-12));
    }

    /// `−torch.logsumexp(−2λr − log 3)/(2λ)` of (1, 1.2, 2.6) in float64: between UWO and the mean for a small λ,
    /// towards the least for a great one.
    @Test
    void theRobustMeanIsBetweenMeanAndLeast() {
        assertThat(score(Rule.KL_DRO, 0.5)).containsExactly(new double[] {1.3952042952255517, 4}, within(1e-12));
        assertThat(score(Rule.KL_DRO, 0.1)).containsExactly(new double[] {1.5510492806191567, 4}, within(1e-12));
        assertThat(score(Rule.KL_DRO, 0)).containsExactly(new double[] {1.6, 4}, within(1e-12));
        assertThat(score(Rule.KL_DRO, 1e-18)[0]).isCloseTo(1.6, within(1e-12));
        assertThat(score(Rule.KL_DRO, 5000)[0]).isCloseTo(1 + Math.log(3) / 10_000, within(1e-12));
        assertThat(score(Rule.KL_DRO, 1e-3)[0]).isCloseTo(score(Rule.UNCERTAINTY, 1e-3)[0], within(1e-6));
    }

    @Test
    void samplesToCentreOnAreANumber() {
        Rule.MEAN.requireCentring(3, 0);
        Rule.WORST_CASE.requireCentring(1, 0);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Rule.MEAN.requireCentring(1, -1))
                .withMessage("centring_prompts is -1, expected 0 (none) or more");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Rule.WORST_CASE.requireCentring(2, 0))
                .withMessageStartingWith("centring_prompts is 0 with combine worst-case of 2 reward models");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RewardFolders.requireNamed(List.of()))
                .withMessage("reward is [], expected at least one reward-model folder");
    }

    @Test
    void anEnsembleNeedsMembersAndAPenaltyThatIsNone() {
        assertThatExceptionOfType(InputException.class).isThrownBy(() -> new RewardEnsemble(List.of(), Rule.MEAN, 0));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new RewardEnsemble(List.of(constant(0, 0)), Rule.UNCERTAINTY, -1));
    }
}
