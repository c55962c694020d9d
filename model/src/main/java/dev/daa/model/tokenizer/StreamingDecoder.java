package dev.daa.model.tokenizer;

/// Decodes one sequence of ids as they are generated. What it has returned, joined, is what [Tokenizer#decode] gives.
public interface StreamingDecoder {
    /// Text that is complete with this id: empty while a character's bytes are still to come.
    String accept(int id);

    /// Text that was still held back.
    String finish();
}
