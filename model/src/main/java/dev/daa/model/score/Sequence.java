package dev.daa.model.score;

import java.util.Arrays;

/// A prompt and a response to it, as token ids; the response holds its end-of-sequence token where it has one.
/// An empty prompt means that the response's first token is given and not scored.
public record Sequence(int[] prompt, int[] response) {
    /// Response tokens that are scored.
    public int scoredTokens() {
        return prompt.length > 0 ? response.length : Math.max(0, response.length - 1);
    }

    /// The sequence up to its last token that is not `padding`, where transformers' classifiers read their score;
    /// its first token where all are. A response of nothing else leaves the prompt, as a response to none.
    public Sequence upToPadding(int padding) {
        int kept = unpadded(response, padding);
        if (kept == response.length) {
            return this;
        }
        return kept > 0
                ? new Sequence(prompt, Arrays.copyOf(response, kept))
                : new Sequence(
                        new int[0],
                        Arrays.copyOf(prompt.length > 0 ? prompt : response, Math.max(1, unpadded(prompt, padding))));
    }

    private static int unpadded(int[] tokens, int padding) {
        int length = tokens.length;
        while (length > 0 && tokens[length - 1] == padding) {
            length--;
        }
        return length;
    }

    /// Prompt and response in one.
    public int[] tokens() {
        int[] tokens = Arrays.copyOf(prompt, length());
        System.arraycopy(response, 0, tokens, prompt.length, response.length);
        return tokens;
    }

    /// All tokens.
    public int length() {
        return prompt.length + response.length;
    }
}
