package dev.daa.model.tokenizer;

import dev.daa.compute.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A tokenizer whose tokens are words. Decoded words are joined by single spaces.
public final class WordLevelTokenizer extends Tokenizer {
    private final String place;
    private final Vocabulary vocabulary;
    private final OptionalInt unknownTokenId;

    WordLevelTokenizer(
            String place,
            Vocabulary vocabulary,
            AddedTokens added,
            PreTokenizer preTokenizer,
            OptionalInt unknownTokenId,
            int[] beginning,
            OptionalInt eosTokenId,
            Map<String, String> files) {
        super(vocabulary, added, preTokenizer, beginning, eosTokenId, files);
        this.place = place;
        this.vocabulary = vocabulary;
        this.unknownTokenId = unknownTokenId;
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
    int[] encodePiece(String word, String text) {
        int id = vocabulary.idOrNone(word);
        if (id >= 0) {
            return new int[] {id};
        }
        int unknown = unknownTokenId.orElseThrow(() -> InputException.of(
                place,
                "the word \"" + word + "\" in \"" + (text.length() <= 80 ? text : text.substring(0, 80) + "…") + "\"",
                "words of the vocabulary of " + vocabulary.size(),
                ""));
        return new int[] {unknown};
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
}
