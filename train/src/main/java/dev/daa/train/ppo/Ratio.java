package dev.daa.train.ppo;

/// What ρ = π/π_old is the ratio of.
public enum Ratio {
    /// Each token.
    TOKEN,
    /// The whole response: the product over its tokens.
    RESPONSE,
    /// The whole response, by the geometric mean over its tokens (GSPO).
    RESPONSE_MEAN
}
