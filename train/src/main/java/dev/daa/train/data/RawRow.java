package dev.daa.train.data;

/// What a row says, whatever its layout.
sealed interface RawRow {

    /// A preference.
    ///
    /// @param samePrompt whether both responses answer the same prompt
    record Pair(Passage prompt, Passage chosen, Passage rejected, boolean samePrompt) implements RawRow {}

    /// A demonstration.
    record Example(Passage prompt, Passage response) implements RawRow {}

    /// A response that was judged alone; pairs are made of those to the same prompt.
    ///
    /// @param rating the better the larger
    record Judged(Passage prompt, Passage response, double rating) implements RawRow {}

    /// A prompt alone.
    record Prompt(Passage prompt) implements RawRow {}
}
