package dev.daa.model.tokenizer;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Turns text into token ids and back. Special tokens that stand in a text are recognised; none is added but the
/// beginning of a sequence, where it is asked for. Tokenizers are immutable to their callers and may be shared by
/// threads.
public sealed interface Tokenizer permits WordLevelTokenizer, BytePairTokenizer {
    /// Ids of a text.
    int[] encode(String text);

    /// Ids that begin a sequence, before those of its first text: the beginning-of-sequence token of Llama and
    /// others; empty for models that have none.
    int[] beginning();

    /// Ids of the text that begins a sequence. Text that has the beginning in it, as chat templates write it, gets
    /// no second one.
    default int[] encodeFirst(String text) {
        int[] ids = encode(text);
        int[] first = beginning();
        if (ids.length >= first.length && Arrays.equals(ids, 0, first.length, first, 0, first.length)) {
            return ids;
        }
        int[] whole = Arrays.copyOf(first, first.length + ids.length);
        System.arraycopy(ids, 0, whole, first.length, ids.length);
        return whole;
    }

    /// Text of ids, special tokens included. Ids that have no token (models pad their vocabulary) have no text.
    String decode(int[] ids);

    /// Decodes ids as they are generated.
    StreamingDecoder streamingDecoder();

    /// One more than the largest id.
    int vocabulary();

    /// A token as the vocabulary spells it; empty when the id has none.
    Optional<String> token(int id);

    /// Id of a token as the vocabulary spells it; empty when there is none.
    OptionalInt id(String token);

    /// Whether the id is a special token: a mark that is no part of the text.
    boolean special(int id);

    /// The token that ends a response; empty when the files name none.
    OptionalInt eosTokenId();

    /// Contents by file name, `tokenizer.json` first: what a model folder needs so that transformers, too, has this
    /// tokenizer. Files that were read come back as they were.
    Map<String, String> files();
}
