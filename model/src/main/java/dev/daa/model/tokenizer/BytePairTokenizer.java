package dev.daa.model.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Byte-level byte pair encoding, as GPT-2, GPT-NeoX, Llama 3 and Qwen use it: pieces of text become bytes, bytes
/// become tokens, adjacent tokens are joined by rank. Every text has ids and every sequence of ids has bytes.
///
/// Source: Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019 (GPT-2).
public final class BytePairTokenizer extends Tokenizer {
    /// Pieces are few and repeat; beyond this many, further ones are encoded anew each time.
    private static final int CACHED_PIECES = 1 << 16;

    private static final int LONGEST_CACHED_PIECE = 64;

    private final Vocabulary vocabulary;
    private final Spelling spelling;
    private final Merges merges;
    private final boolean wholePieces;
    private final byte[][] tokenBytes;
    private final ConcurrentHashMap<String, int[]> cache = new ConcurrentHashMap<>();

    /// @param wholePieces a piece that is a token is not built from merges (`ignore_merges`)
    BytePairTokenizer(
            Vocabulary vocabulary,
            Spelling spelling,
            Merges merges,
            AddedTokens added,
            PreTokenizer preTokenizer,
            boolean wholePieces,
            int[] beginning,
            OptionalInt eosTokenId,
            Map<String, String> files) {
        super(vocabulary, added, preTokenizer, beginning, eosTokenId, files);
        this.vocabulary = vocabulary;
        this.spelling = spelling;
        this.merges = merges;
        this.wholePieces = wholePieces;
        tokenBytes = new byte[vocabulary.size()][];
        for (int id = 0; id < tokenBytes.length; id++) {
            tokenBytes[id] = bytesOf(id, added);
        }
    }

    private byte[] bytesOf(int id, AddedTokens added) {
        @Nullable AddedToken addedToken = added.token(id);
        if (addedToken != null) {
            return addedToken.content().getBytes(StandardCharsets.UTF_8);
        }
        @Nullable String token = vocabulary.token(id);
        return token == null ? new byte[0] : spelling.bytes(token);
    }

    @Override
    int[] encodePiece(String piece, String text) {
        int @Nullable [] known = cache.get(piece);
        if (known != null) {
            return known;
        }
        int[] ids = joined(piece);
        if (piece.length() <= LONGEST_CACHED_PIECE && cache.size() < CACHED_PIECES) {
            cache.put(piece, ids);
        }
        return ids;
    }

    private int[] joined(String piece) {
        if (wholePieces) {
            int id = vocabulary.idOrNone(spelling.whole(piece));
            if (id >= 0) {
                return new int[] {id};
            }
        }
        int[] symbols = spelling.symbols(piece);
        return Arrays.copyOf(symbols, merges.apply(symbols, symbols.length));
    }

    /// Bytes of ids, special tokens included: what was encoded, also where it ends within a character.
    public byte[] bytes(int[] ids) {
        int length = 0;
        for (int id : ids) {
            length += bytes(id).length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        for (int id : ids) {
            bytes.put(bytes(id));
        }
        return bytes.array();
    }

    private byte[] bytes(int id) {
        return id >= 0 && id < tokenBytes.length ? tokenBytes[id] : new byte[0];
    }

    /// Text of ids; bytes that are no character become U+FFFD.
    @Override
    public String decode(int[] ids) {
        String text = new String(bytes(ids), StandardCharsets.UTF_8);
        return spelling.dropsFirstSpace() && text.startsWith(" ") ? text.substring(1) : text;
    }

    @Override
    public StreamingDecoder streamingDecoder() {
        return new Utf8Stream();
    }

    private final class Utf8Stream implements StreamingDecoder {
        private final CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        /// Bytes of a character that is not complete yet.
        private byte[] pending = new byte[0];

        private boolean atStart = spelling.dropsFirstSpace();

        @Override
        public String accept(int id) {
            return decode(bytes(id), false);
        }

        @Override
        public String finish() {
            return decode(new byte[0], true);
        }

        private String decode(byte[] more, boolean last) {
            ByteBuffer in = ByteBuffer.allocate(pending.length + more.length)
                    .put(pending)
                    .put(more)
                    .flip();
            CharBuffer out = CharBuffer.allocate(in.remaining() + 2);
            decoder.decode(in, out, last);
            pending = new byte[in.remaining()];
            in.get(pending);
            String text = out.flip().toString();
            if (atStart && !text.isEmpty()) {
                atStart = false;
                return text.startsWith(" ") ? text.substring(1) : text;
            }
            return text;
        }
    }
}
