package dev.daa.model.tokenizer;

import org.eclipse.collections.api.map.primitive.MutableCharIntMap;
import org.eclipse.collections.impl.factory.primitive.CharIntMaps;

/// How byte-level vocabularies spell bytes: printable Latin-1 characters stand for themselves, the other 68 bytes for
/// the characters from U+0100 on, so that a space is `Ġ` and a line feed `Ċ`.
///
/// Source: `bytes_to_unicode` of GPT-2, github.com/openai/gpt-2, src/encoder.py.
final class ByteAlphabet {
    static final int BYTES = 256;

    private final char[] spelling = new char[BYTES];
    private final MutableCharIntMap bytes = CharIntMaps.mutable.empty();

    ByteAlphabet() {
        char next = BYTES;
        for (int value = 0; value < BYTES; value++) {
            boolean printable =
                    value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xAC || value >= 0xAE && value <= 0xFF;
            spelling[value] = printable ? (char) value : next++;
            bytes.put(spelling[value], value);
        }
    }

    /// The character for a byte from 0 to 255.
    char spelling(int value) {
        return spelling[value];
    }

    /// The bytes that a token spells; null when a character stands for no byte.
    byte @org.jspecify.annotations.Nullable [] bytes(String token) {
        byte[] result = new byte[token.length()];
        for (int i = 0; i < result.length; i++) {
            int value = bytes.getIfAbsent(token.charAt(i), -1);
            if (value < 0) {
                return null;
            }
            result[i] = (byte) value;
        }
        return result;
    }
}
