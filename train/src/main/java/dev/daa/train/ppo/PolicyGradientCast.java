package dev.daa.train.ppo;

import dev.daa.compute.Backend;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.Examples;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardScale;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Who takes part in reinforcement.
///
/// @param policy what is trained
/// @param reference that it is held to
/// @param value that the value network starts from, with a scalar head; null unless the algorithm uses one
/// @param reward centred on the reference; closed with the learner
/// @param samples of the reference, on which `unit_variance` measures the reward's unit; may be empty without it
public record PolicyGradientCast(
        Model policy, Model reference, @Nullable Model value, ResponseReward reward, List<Sequence> samples) {
    public PolicyGradientCast {
        samples = List.copyOf(samples);
    }

    /// The learner that they make.
    ///
    /// @param shape of the rollouts, as [PolicyGradient#shape] gives it
    /// @param prompts step s answers those at `[(s − 1)·p, s·p)`, p being batch over samples
    /// @param demonstrations null unless the settings mix them in
    /// @param cancelled asked while it samples, and here while it scores
    public PolicyGradientLearner learner(
            Backend backend,
            RolloutSampler.Shape shape,
            Examples<int[]> prompts,
            PolicyGradientLearner.@Nullable Demonstrations demonstrations,
            PolicyGradient settings,
            PolicyGradientLearner.Batching batching,
            Seeds seeds,
            BooleanSupplier cancelled) {
        ResponseReward scaled = settings.unitVariance()
                ? RewardScale.of(reward.score(samples, cancelled), 0, 1).applied(reward)
                : reward;
        return new PolicyGradientLearner(
                backend,
                policy,
                value,
                new RolloutSampler(backend, policy, reference, scaled, shape, batching.batch() / shape.samples()),
                shape,
                prompts,
                demonstrations,
                settings,
                batching,
                seeds,
                cancelled);
    }
}
