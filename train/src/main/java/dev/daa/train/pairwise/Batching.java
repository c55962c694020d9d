package dev.daa.train.pairwise;

import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.Optimizer;

/// How a model is updated from pairs.
///
/// @param pairs per optimizer step
/// @param microBatch pairs per forward pass
public record Batching(int pairs, int microBatch, Optimizer optimizer) {
    /// As a config says.
    public static Batching of(TrainingConfig training) {
        return new Batching(training.batch(), training.examplesPerPass(), training.rule());
    }
}
