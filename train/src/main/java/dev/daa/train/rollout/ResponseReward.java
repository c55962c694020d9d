package dev.daa.train.rollout;

import dev.daa.model.score.Sequence;
import java.util.List;
import java.util.function.BooleanSupplier;

/// What a policy is trained to earn, or a best of n is chosen by: one number for each response.
@FunctionalInterface
public interface ResponseReward extends AutoCloseable {
    /// Rewards in the order of the responses.
    ///
    /// @param cancelled asked between batches; once it says so a [java.util.concurrent.CancellationException] ends
    /// the scoring
    double[] score(List<Sequence> responses, BooleanSupplier cancelled);

    /// `[members][responses]` rewards of each where it is made of several, else its own.
    default double[][] scoreEach(List<Sequence> responses, BooleanSupplier cancelled) {
        return new double[][] {score(responses, cancelled)};
    }

    @Override
    default void close() {}
}
