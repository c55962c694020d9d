package dev.daa.train.ppo;

import dev.daa.compute.Backend;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.Examples;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Seeds;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Who takes part in reinforcement.
///
/// @param policy what is trained
/// @param reference that it is held to
/// @param value that the value network starts from, with a scalar head; null unless the algorithm uses one
/// @param reward centred on the reference, and in the unit that [PolicyGradient#scaled] gives it; closed with the
///   learner
public record PolicyGradientCast(
        Model policy, Model reference, @Nullable Model value, ResponseReward reward) {

    /// The learner that they make.
    ///
    /// @param shape of the rollouts, as [PolicyGradient#shape] gives it
    /// @param prompts step s answers those at `[(s − 1)·p, s·p)`, p being batch over samples
    /// @param demonstrations null unless the settings mix them in
    /// @param cancelled asked while it samples
    public PolicyGradientLearner learner(
            Backend backend,
            RolloutSampler.Shape shape,
            Examples<int[]> prompts,
            PolicyGradientLearner.@Nullable Demonstrations demonstrations,
            PolicyGradient settings,
            PolicyGradientLearner.Batching batching,
            Seeds seeds,
            BooleanSupplier cancelled) {
        return new PolicyGradientLearner(
                backend,
                policy,
                value,
                new RolloutSampler(backend, policy, reference, reward, shape, batching.batch() / shape.samples()),
                shape,
                prompts,
                demonstrations,
                settings,
                batching,
                seeds,
                cancelled);
    }
}
