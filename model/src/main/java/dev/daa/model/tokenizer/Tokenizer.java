package dev.daa.model.tokenizer;

import java.util.OptionalInt;

/// Turns text into token ids and back. Special tokens in a text are recognised; none is added.
public interface Tokenizer {
    /// Ids of a text.
    int[] encode(String text);

    /// Text of ids, special tokens included.
    String decode(int[] ids);

    /// Decodes ids as they are generated.
    StreamingDecoder streamingDecoder();

    /// Ids are below this number.
    int vocabulary();

    /// Text of one token as the vocabulary spells it.
    String token(int id);

    /// Id of a token as the vocabulary spells it; empty when there is none.
    OptionalInt id(String token);

    /// Whether the id is a special token: a mark that is no part of the text.
    boolean special(int id);

    /// The token that ends a response; empty when the files name none.
    OptionalInt eosTokenId();

    /// This tokenizer as a tokenizer.json.
    String json();
}
