package dev.daa.train.data;

import dev.daa.model.tokenizer.StreamingDecoder;
import dev.daa.model.tokenizer.Tokenizer;
import java.util.OptionalInt;

/// One id a letter: a = 1 … z = 26, anything else 27.
final class LetterTokenizer implements Tokenizer {
    @Override
    public int[] encode(String text) {
        return text.chars().map(c -> c >= 'a' && c <= 'z' ? c - 'a' + 1 : 27).toArray();
    }

    @Override
    public String decode(int[] ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(token(id));
        }
        return text.toString();
    }

    @Override
    public StreamingDecoder streamingDecoder() {
        throw new IllegalStateException("nothing is generated here");
    }

    @Override
    public int vocabulary() {
        return 28;
    }

    @Override
    public String token(int id) {
        return String.valueOf((char) ('a' + id - 1));
    }

    @Override
    public OptionalInt id(String token) {
        return OptionalInt.of(encode(token)[0]);
    }

    @Override
    public boolean special(int id) {
        return id == 0;
    }

    @Override
    public OptionalInt eosTokenId() {
        return OptionalInt.of(0);
    }

    @Override
    public String json() {
        return "{}";
    }
}
