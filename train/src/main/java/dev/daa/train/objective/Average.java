package dev.daa.train.objective;

/// How token log-probs become the log-prob of a response.
public enum Average {
    /// Σ_t log π(y_t): the log-probability of the sequence.
    SUM,
    /// The same divided by the number of tokens |y|.
    MEAN
}
