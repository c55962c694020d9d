package dev.daa.model.transformer;

/// What stands on top of the final norm.
public enum Head {
    /// Next-token logits.
    LANGUAGE,
    /// One number per row: the score of a reward model, or a value.
    SCALAR
}
