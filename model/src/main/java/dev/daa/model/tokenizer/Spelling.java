package dev.daa.model.tokenizer;

import dev.daa.compute.InputException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How a BPE vocabulary spells text: what a piece is before anything is joined, and what bytes a token stands for.
sealed interface Spelling {
    /// Ids of a piece's smallest tokens.
    int[] symbols(String piece);

    /// The token that would spell the whole piece.
    String whole(String piece);

    /// The bytes that a token of the vocabulary stands for.
    byte[] bytes(String token);

    /// Whether decoded text loses a space at its very start, because encoding put one there.
    boolean dropsFirstSpace();

    /// Tokens spell bytes, in the characters of [ByteAlphabet]: GPT-2, GPT-NeoX, Llama 3, Qwen.
    final class Bytes implements Spelling {
        private final String place;
        private final ByteAlphabet alphabet = new ByteAlphabet();
        private final int[] byteTokens = new int[ByteAlphabet.BYTES];

        /// @param place file, for messages
        Bytes(String place, Vocabulary vocabulary) {
            this.place = place;
            for (int value = 0; value < ByteAlphabet.BYTES; value++) {
                byteTokens[value] = vocabulary.idOrNone(String.valueOf(alphabet.spelling(value)));
            }
        }

        @Override
        public int[] symbols(String piece) {
            byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
            int[] symbols = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                int value = bytes[i] & 0xFF;
                symbols[i] = byteTokens[value];
                if (symbols[i] < 0) {
                    throw InputException.of(
                            place,
                            "no token for the byte 0x" + Integer.toHexString(value),
                            "one for each byte of the text",
                            "this vocabulary cannot spell it");
                }
            }
            return symbols;
        }

        @Override
        public String whole(String piece) {
            byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
            StringBuilder spelled = new StringBuilder(bytes.length);
            for (byte value : bytes) {
                spelled.append(alphabet.spelling(value & 0xFF));
            }
            return spelled.toString();
        }

        @Override
        public byte[] bytes(String token) {
            byte @Nullable [] bytes = alphabet.bytes(token);
            return bytes != null ? bytes : token.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public boolean dropsFirstSpace() {
            return false;
        }
    }

    /// Tokens spell characters, with `▁` for a space; characters that are no token fall back to their bytes, which
    /// are the tokens `<0x00>` to `<0xFF>`: Llama 2, Mistral and others of SentencePiece.
    final class Characters implements Spelling {
        private static final String SPACE = "▁";
        private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

        private final Vocabulary vocabulary;
        private final int[] byteTokens = new int[ByteAlphabet.BYTES];

        /// @param place file, for messages
        Characters(String place, Vocabulary vocabulary) {
            this.vocabulary = vocabulary;
            for (int value = 0; value < ByteAlphabet.BYTES; value++) {
                String token = String.format("<0x%02X>", value);
                byteTokens[value] = vocabulary.idOrNone(token);
                if (byteTokens[value] < 0) {
                    throw InputException.of(place, "no token " + token, "one for each byte, for byte_fallback", "");
                }
            }
        }

        @Override
        public int[] symbols(String piece) {
            // No character has more tokens than UTF-8 bytes, and none has more than 3 per UTF-16 unit.
            int[] symbols = new int[3 * piece.length()];
            int count = 0;
            for (int at = 0; at < piece.length(); ) {
                int end = piece.offsetByCodePoints(at, 1);
                String character = piece.substring(at, end);
                int id = vocabulary.idOrNone(character);
                if (id >= 0) {
                    symbols[count++] = id;
                } else {
                    for (byte value : character.getBytes(StandardCharsets.UTF_8)) {
                        symbols[count++] = byteTokens[value & 0xFF];
                    }
                }
                at = end;
            }
            return java.util.Arrays.copyOf(symbols, count);
        }

        @Override
        public String whole(String piece) {
            return piece;
        }

        @Override
        public byte[] bytes(String token) {
            if (BYTE.matcher(token).matches()) {
                return new byte[] {(byte) HexFormat.fromHexDigits(token, 3, 5)};
            }
            return token.replace(SPACE, " ").getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public boolean dropsFirstSpace() {
            return true;
        }
    }
}
