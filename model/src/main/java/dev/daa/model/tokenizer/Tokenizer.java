package dev.daa.model.tokenizer;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.eclipse.collections.api.list.primitive.MutableIntList;
import org.eclipse.collections.impl.factory.primitive.IntLists;
import org.jspecify.annotations.Nullable;

/// Turns text into token ids and back. Special tokens that stand in a text are recognised; none is added but the
/// beginning of a sequence, where it is asked for. Tokenizers are immutable to their callers and may be shared by
/// threads.
public abstract sealed class Tokenizer permits WordLevelTokenizer, BytePairTokenizer {
    private final Vocabulary vocabulary;
    private final AddedTokens added;
    private final PreTokenizer preTokenizer;
    private final int[] beginning;
    private final OptionalInt eosTokenId;
    private final Map<String, String> files;

    Tokenizer(
            Vocabulary vocabulary,
            AddedTokens added,
            PreTokenizer preTokenizer,
            int[] beginning,
            OptionalInt eosTokenId,
            Map<String, String> files) {
        this.vocabulary = vocabulary;
        this.added = added;
        this.preTokenizer = preTokenizer;
        this.beginning = beginning.clone();
        this.eosTokenId = eosTokenId;
        this.files = Collections.unmodifiableMap(files);
    }

    /// Ids of a text.
    public final int[] encode(String text) {
        MutableIntList ids = IntLists.mutable.withInitialCapacity(8 + text.length() / 3);
        for (AddedTokens.Segment segment : added.segments(text)) {
            @Nullable AddedToken token = segment.token();
            if (token != null) {
                ids.add(token.id());
            } else {
                preTokenizer.split(segment.text(), piece -> ids.addAll(encodePiece(piece, text)));
            }
        }
        return ids.toArray();
    }

    /// Ids of a piece between added tokens; the caller does not change them.
    ///
    /// @param text that it stands in, for messages
    abstract int[] encodePiece(String piece, String text);

    /// Ids that begin a sequence, before those of its first text: the beginning-of-sequence token of Llama and
    /// others; empty for models that have none.
    public final int[] beginning() {
        return beginning.clone();
    }

    /// Ids of the text that begins a sequence. Text that has the beginning in it, as chat templates write it, gets
    /// no second one.
    public final int[] encodeFirst(String text) {
        int[] ids = encode(text);
        int[] first = beginning;
        if (ids.length >= first.length && Arrays.equals(ids, 0, first.length, first, 0, first.length)) {
            return ids;
        }
        int[] whole = Arrays.copyOf(first, first.length + ids.length);
        System.arraycopy(ids, 0, whole, first.length, ids.length);
        return whole;
    }

    /// Text of ids, special tokens included. Ids that have no token (models pad their vocabulary) have no text.
    public abstract String decode(int[] ids);

    /// Decodes ids as they are generated.
    public abstract StreamingDecoder streamingDecoder();

    /// One more than the largest id.
    public final int vocabulary() {
        return vocabulary.size();
    }

    /// A token as the vocabulary spells it; empty when the id has none.
    public final Optional<String> token(int id) {
        return Optional.ofNullable(vocabulary.token(id));
    }

    /// Id of a token as the vocabulary spells it; empty when there is none.
    public final OptionalInt id(String token) {
        return vocabulary.id(token);
    }

    /// Whether the id is a special token: a mark that is no part of the text.
    public final boolean special(int id) {
        @Nullable AddedToken token = added.token(id);
        return token != null && token.special();
    }

    /// The token that ends a response; empty when the files name none.
    public final OptionalInt eosTokenId() {
        return eosTokenId;
    }

    /// Contents by file name, `tokenizer.json` first: what a model folder needs so that transformers, too, has this
    /// tokenizer. Files that were read come back as they were.
    public final Map<String, String> files() {
        return files;
    }
}
