package dev.daa.train.data;

import org.jspecify.annotations.Nullable;

/// A row that alignment learns from: a preference, or a response that was judged alone.
public sealed interface Feedback permits PreferencePair, LabelledResponse {
    int[] prompt();

    /// The preferred or desirable response; null in a row without.
    int @Nullable [] chosen();

    /// The dispreferred or undesirable response; null in a row without.
    int @Nullable [] rejected();

    /// Packed rows at most: the prompt once, every response.
    int rows();

    /// Scored tokens at most: those of its responses.
    int targets();
}
