package dev.daa.train.ppo;

import dev.daa.model.transformer.Model;
import dev.daa.train.rollout.ResponseReward;
import org.jspecify.annotations.Nullable;

/// Who takes part in reinforcement.
///
/// @param policy what is trained
/// @param reference that it is held to; with weights of its own, of the policy's form, where it moves
/// @param value that the value network starts from, with a scalar head; null unless the algorithm uses one
/// @param reward centred on the reference, and in the unit that [PolicyGradient#scaled] gives it; closed with the
///   learner
public record PolicyGradientCast(
        Model policy, Model reference, @Nullable Model value, ResponseReward reward) {}
