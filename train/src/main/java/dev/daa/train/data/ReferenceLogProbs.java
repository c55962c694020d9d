package dev.daa.train.data;

/// Per-token log-probabilities of every pair under the reference, in nats, by row of the data set.
public record ReferenceLogProbs(float[][] chosen, float[][] rejected) {}
