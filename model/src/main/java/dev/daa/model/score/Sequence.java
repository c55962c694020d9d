package dev.daa.model.score;

/// A prompt and a response to it, as token ids; the response holds its end-of-sequence token where it has one.
/// An empty prompt means that the response's first token is given and not scored.
public record Sequence(int[] prompt, int[] response) {
    /// Response tokens that are scored.
    public int scoredTokens() {
        return prompt.length > 0 ? response.length : Math.max(0, response.length - 1);
    }

    /// All tokens.
    public int length() {
        return prompt.length + response.length;
    }
}
