package dev.daa.train.ppo;

import dev.daa.train.rollout.Rollout;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a batch of responses teaches: from their scores and their distance to the reference to an advantage of every
/// token, as each algorithm has it.
///
/// @param advantage `[tokens]`
/// @param oldValue `[tokens]` empty without a value network
/// @param target `[tokens]` what values are regressed on; empty likewise
record Lesson(Rollout rollout, double[] advantage, double[] oldValue, double[] target) {
    /// @param coefficient factor of the KL to the reference
    /// @param values the value network; null unless the algorithm uses one
    static Lesson of(Rollout rollout, PolicyGradient settings, double coefficient, @Nullable ValueNetwork values) {
        int[] start = rollout.start();
        double[] none = {};
        return switch (settings.algorithm()) {
            case PPO -> {
                double[] rewards = Advantages.tokenRewards(
                        start, rollout.oldLogProb(), rollout.reference(), rollout.score(), coefficient);
                if (settings.whitenRewards()) {
                    Advantages.whiten(rewards, false);
                }
                double[] old = Objects.requireNonNull(values).values(rollout.responses(), start);
                double[] advantage =
                        Advantages.generalised(start, rewards, old, settings.discount(), settings.gaeLambda());
                double[] target = new double[advantage.length];
                Arrays.setAll(target, t -> advantage[t] + old[t]);
                Advantages.whiten(advantage, true);
                yield new Lesson(rollout, advantage, old, target);
            }
            case RLOO ->
                new Lesson(
                        rollout,
                        Advantages.spread(
                                start,
                                Advantages.leaveOneOut(
                                        responseRewards(rollout, coefficient), settings.samplesPerPrompt())),
                        none,
                        none);
            case GRPO ->
                new Lesson(
                        rollout,
                        Advantages.spread(start, Advantages.standardized(rollout.score(), settings.samplesPerPrompt())),
                        none,
                        none);
            case REINFORCE ->
                new Lesson(
                        rollout,
                        Advantages.spread(
                                start, Advantages.leaveOneOut(responseRewards(rollout, coefficient), rollout.size())),
                        none,
                        none);
        };
    }

    private static double[] responseRewards(Rollout rollout, double coefficient) {
        return Advantages.responseRewards(
                rollout.start(), rollout.oldLogProb(), rollout.reference(), rollout.score(), coefficient);
    }
}
