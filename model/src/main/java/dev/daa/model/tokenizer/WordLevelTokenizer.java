package dev.daa.model.tokenizer;

import dev.daa.compute.InputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.eclipse.collections.api.list.primitive.MutableIntList;
import org.eclipse.collections.impl.factory.primitive.IntLists;
import org.jspecify.annotations.Nullable;

/// A tokenizer whose tokens are words. Decoded words are joined by single spaces.
public final class WordLevelTokenizer implements Tokenizer {
    private final String place;
    private final Vocabulary vocabulary;
    private final AddedTokens added;
    private final PreTokenizer preTokenizer;
    private final OptionalInt unknownTokenId;
    private final int[] beginning;
    private final OptionalInt eosTokenId;
    private final Map<String, String> files;

    WordLevelTokenizer(
            String place,
            Vocabulary vocabulary,
            AddedTokens added,
            PreTokenizer preTokenizer,
            OptionalInt unknownTokenId,
            int[] beginning,
            OptionalInt eosTokenId,
            Map<String, String> files) {
        this.place = place;
        this.vocabulary = vocabulary;
        this.added = added;
        this.preTokenizer = preTokenizer;
        this.unknownTokenId = unknownTokenId;
        this.beginning = beginning.clone();
        this.eosTokenId = eosTokenId;
        this.files = files;
    }

    /// A vocabulary of words that stand between single spaces in a text.
    ///
    /// @param words by id; none contains white space
    /// @param eos the word that ends a response
    public static WordLevelTokenizer of(List<String> words, String eos) {
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (String word : words) {
            if (word.isEmpty() || word.chars().anyMatch(Whitespace::is)) {
                throw InputException.of("vocabulary", "the word \"" + word + "\"", "one without white space", "");
            }
            if (ids.putIfAbsent(word, ids.size()) != null) {
                throw InputException.of("vocabulary", "the word \"" + word + "\" twice", "it once", "");
            }
        }
        @Nullable Integer eosTokenId = ids.get(eos);
        if (eosTokenId == null) {
            throw InputException.of("vocabulary", "no word \"" + eos + "\"", "the one that ends a response", "");
        }
        List<AddedToken> special = List.of(AddedToken.special(eosTokenId, eos));
        return new WordLevelTokenizer(
                "vocabulary",
                new Vocabulary("vocabulary", ids, special),
                new AddedTokens(special, text -> text),
                new PreTokenizer.Words(),
                OptionalInt.empty(),
                new int[0],
                OptionalInt.of(eosTokenId),
                TokenizerFileWriter.wordLevel(ids, special, eos));
    }

    @Override
    public int[] encode(String text) {
        MutableIntList ids = IntLists.mutable.empty();
        for (AddedTokens.Segment segment : added.segments(text)) {
            @Nullable AddedToken token = segment.token();
            if (token != null) {
                ids.add(token.id());
            } else {
                preTokenizer.split(segment.text(), word -> ids.add(id(word, text)));
            }
        }
        return ids.toArray();
    }

    private int id(String word, String text) {
        int id = vocabulary.idOrNone(word);
        if (id >= 0) {
            return id;
        }
        return unknownTokenId.orElseThrow(() -> InputException.of(
                place,
                "the word \"" + word + "\" in \"" + (text.length() <= 80 ? text : text.substring(0, 80) + "…") + "\"",
                "words of the vocabulary of " + vocabulary.size(),
                ""));
    }

    @Override
    public int[] beginning() {
        return beginning.clone();
    }

    @Override
    public String decode(int[] ids) {
        StreamingDecoder decoder = streamingDecoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.accept(id));
        }
        return text.append(decoder.finish()).toString();
    }

    @Override
    public StreamingDecoder streamingDecoder() {
        return new StreamingDecoder() {
            private boolean started;

            @Override
            public String accept(int id) {
                @Nullable String token = vocabulary.token(id);
                if (token == null) {
                    return "";
                }
                String text = started ? " " + token : token;
                started = true;
                return text;
            }

            @Override
            public String finish() {
                return "";
            }
        };
    }

    @Override
    public int vocabulary() {
        return vocabulary.size();
    }

    @Override
    public Optional<String> token(int id) {
        return Optional.ofNullable(vocabulary.token(id));
    }

    @Override
    public OptionalInt id(String token) {
        return vocabulary.id(token);
    }

    @Override
    public boolean special(int id) {
        @Nullable AddedToken token = added.token(id);
        return token != null && token.special();
    }

    @Override
    public OptionalInt eosTokenId() {
        return eosTokenId;
    }

    @Override
    public Map<String, String> files() {
        return Collections.unmodifiableMap(files);
    }
}
