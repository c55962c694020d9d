package dev.daa.model.generate;

/// One sampled response.
///
/// @param tokens token ids, stop token included where it was drawn
/// @param logProbs log-probability of each token under the model at the sampling temperature, before top-k and
/// top-p
/// @param stopped whether the stop token was drawn; otherwise the response was cut at the token limit
public record Response(int[] tokens, float[] logProbs, boolean stopped) {
    /// Tokens, stop token included.
    public int length() {
        return tokens.length;
    }
}
