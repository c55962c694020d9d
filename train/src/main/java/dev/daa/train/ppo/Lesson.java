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
    private static final double[] NONE = {};

    /// @param coefficient factor of the distance to the reference
    /// @param chiSquare of all responses; null where the penalty is one of KL
    /// @param values the value network; null unless the algorithm uses one
    static Lesson of(
            StepSampler.Step step,
            PolicyGradient settings,
            double coefficient,
            @Nullable ChiSquare chiSquare,
            @Nullable ValueNetwork values) {
        Rollout rollout = chiSquare == null ? step.learned() : chiSquare.priced(step.learned(), coefficient);
        Recipe recipe = settings.recipe();
        double inReward = chiSquare == null && recipe.klPenalty() == KlPenalty.REWARD ? coefficient : 0;
        int samples = settings.samplesPerPrompt();
        if (recipe.advantage() == Advantage.GAE) {
            return byValues(rollout, settings, tokenRewards(rollout, settings, inReward), values);
        }
        double[] advantage = switch (recipe.advantage()) {
            case GAE -> throw new IllegalStateException("has values");
            case RETURNS -> whitened(returns(rollout, settings, inReward));
            case GREEDY -> {
                double[] baseline = spread(rollout, step.greedy());
                double[] returns = returns(rollout, settings, inReward);
                Arrays.setAll(returns, t -> returns[t] - baseline[t]);
                yield returns;
            }
            case BATCH_LEAVE_ONE_OUT ->
                spread(rollout, Advantages.leaveOneOut(rewards(rollout, inReward), rollout.size()));
            case LEAVE_ONE_OUT -> spread(rollout, Advantages.leaveOneOut(rewards(rollout, inReward), samples));
            case CENTRED -> spread(rollout, Advantages.centred(rewards(rollout, inReward), samples));
            case STANDARDIZED -> spread(rollout, Advantages.standardized(rewards(rollout, inReward), samples));
            case CENTRED_WHITENED -> whitened(spread(rollout, Advantages.centred(rewards(rollout, inReward), samples)));
        };
        return new Lesson(rollout, advantage, NONE, NONE);
    }

    private static Lesson byValues(
            Rollout rollout, PolicyGradient settings, double[] rewards, @Nullable ValueNetwork values) {
        double[] old = Objects.requireNonNull(values).values(rollout.responses(), rollout.start());
        double[] advantage =
                Advantages.generalised(rollout.start(), rewards, old, settings.discount(), settings.gaeLambda());
        double[] target = new double[advantage.length];
        Arrays.setAll(target, t -> advantage[t] + old[t]);
        return new Lesson(rollout, whitened(advantage), old, target);
    }

    private static double[] whitened(double[] advantage) {
        Advantages.whiten(advantage, true);
        return advantage;
    }

    private static double[] spread(Rollout rollout, double[] ofResponse) {
        return Advantages.spread(rollout.start(), ofResponse);
    }

    private static double[] returns(Rollout rollout, PolicyGradient settings, double coefficient) {
        double[] rewards = tokenRewards(rollout, settings, coefficient);
        return Advantages.generalised(rollout.start(), rewards, new double[rewards.length], settings.discount(), 1);
    }

    private static double[] tokenRewards(Rollout rollout, PolicyGradient settings, double coefficient) {
        double[] rewards = Advantages.tokenRewards(
                rollout.start(), rollout.oldLogProb(), rollout.reference(), rollout.score(), coefficient);
        if (settings.whitenRewards()) {
            Advantages.whiten(rewards, false);
        }
        return rewards;
    }

    private static double[] rewards(Rollout rollout, double coefficient) {
        return Advantages.responseRewards(
                rollout.start(), rollout.oldLogProb(), rollout.reference(), rollout.score(), coefficient);
    }
}
