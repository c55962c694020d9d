package dev.daa.train.loop;

import dev.daa.train.model.Optimizer;

/// How a model is updated from examples: pairs, or responses where they are rewarded one by one.
///
/// @param batch examples per optimizer step
/// @param microBatch examples per forward pass
public record Batching(int batch, int microBatch, Optimizer optimizer) {
    /// As a config says.
    public static Batching of(TrainingConfig training) {
        return new Batching(training.batch(), training.examplesPerPass(), training.rule());
    }
}
