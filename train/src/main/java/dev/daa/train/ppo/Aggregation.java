package dev.daa.train.ppo;

/// How the terms of an update's tokens become one loss, by verl's names. A term of a whole response counts as one at
/// each of its tokens.
public enum Aggregation {
    /// Mean over tokens.
    TOKEN_MEAN,
    /// Mean over responses of their mean over tokens.
    SEQ_MEAN_TOKEN_MEAN,
    /// Mean over responses of their sum over tokens.
    SEQ_MEAN_TOKEN_SUM,
    /// The same over the longest length that a response may have (Dr. GRPO).
    SEQ_MEAN_TOKEN_SUM_NORM;

    /// What terms are divided by.
    ///
    /// @param tokens of the update
    /// @param responses of the update
    /// @param longest tokens that a response may have
    record Of(long tokens, int responses, int longest) {}

    /// Weight of the term of one token.
    ///
    /// @param length tokens of its response
    double tokenWeight(int length, Of of) {
        return switch (this) {
            case TOKEN_MEAN -> 1.0 / of.tokens;
            case SEQ_MEAN_TOKEN_MEAN -> 1.0 / ((double) of.responses * length);
            case SEQ_MEAN_TOKEN_SUM -> 1.0 / of.responses;
            case SEQ_MEAN_TOKEN_SUM_NORM -> 1.0 / ((double) of.responses * of.longest);
        };
    }

    /// Weight of the one term of a response: that of its tokens together.
    double responseWeight(int length, Of of) {
        return this == SEQ_MEAN_TOKEN_MEAN ? 1.0 / of.responses : length * tokenWeight(length, of);
    }
}
