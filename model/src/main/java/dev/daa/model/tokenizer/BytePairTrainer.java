package dev.daa.model.tokenizer;

import dev.daa.compute.InputException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import org.eclipse.collections.api.list.primitive.MutableIntList;
import org.eclipse.collections.api.map.primitive.MutableLongLongMap;
import org.eclipse.collections.api.map.primitive.MutableLongObjectMap;
import org.eclipse.collections.api.map.primitive.MutableObjectLongMap;
import org.eclipse.collections.impl.factory.primitive.IntLists;
import org.eclipse.collections.impl.factory.primitive.LongLists;
import org.eclipse.collections.impl.factory.primitive.LongLongMaps;
import org.eclipse.collections.impl.factory.primitive.LongObjectMaps;
import org.eclipse.collections.impl.factory.primitive.ObjectLongMaps;
import org.jspecify.annotations.Nullable;

/// Learns a byte-level BPE from text: again and again, the most frequent pair of adjacent tokens becomes a token. Among
/// equally frequent pairs the one with the smaller ids wins, so that the same text gives the same vocabulary.
///
/// Source: Sennrich et al. 2016, arXiv:1508.07909, algorithm 1; ties and numbering as in Hugging Face's `BpeTrainer`.
public final class BytePairTrainer {
    /// How often each piece of GPT-2's pattern occurs.
    private final MutableObjectLongMap<String> pieces = ObjectLongMaps.mutable.empty();

    private final PreTokenizer preTokenizer = new PreTokenizer.Gpt2();

    /// Counts the pieces of a text.
    public BytePairTrainer add(String text) {
        if (!text.isEmpty()) {
            preTokenizer.split(text, piece -> pieces.addToValue(piece, 1));
        }
        return this;
    }

    /// Learns a tokenizer from the texts added so far: `eos` has id 0, the 256 bytes follow, then the joined pairs.
    ///
    /// @param vocabulary number of tokens, `eos` included; fewer come out when the text has no more pairs
    /// @param eos special token that ends a response
    public BytePairTokenizer train(int vocabulary, String eos) {
        int smallest = 1 + ByteAlphabet.BYTES;
        if (vocabulary < smallest) {
            throw InputException.of(
                    "vocabulary", "" + vocabulary, "at least " + smallest + ", the bytes and \"" + eos + "\"", "");
        }
        return new Training(vocabulary, eos).run();
    }

    /// A pair and how often it occurred when it was put on the queue.
    private record Candidate(long pair, long count) {
        static final Comparator<Candidate> MOST_FREQUENT_FIRST =
                Comparator.comparingLong(Candidate::count).reversed().thenComparingLong(Candidate::pair);

        int left() {
            return (int) (pair >>> 32);
        }

        int right() {
            return (int) pair;
        }
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    private final class Training {
        private final int vocabulary;
        private final String eos;
        private final List<String> tokens = new ArrayList<>();
        private final Map<String, Integer> ids = new LinkedHashMap<>();
        private final List<List<String>> merges = new ArrayList<>();
        private final Merges ranks = new Merges();
        private final List<int[]> words = new ArrayList<>();
        private final List<Long> counts = new ArrayList<>();
        private final MutableLongLongMap pairCounts = LongLongMaps.mutable.empty();
        /// Words in which a pair was seen; it may have gone from them since.
        private final MutableLongObjectMap<MutableIntList> wordsOfPair = LongObjectMaps.mutable.empty();
        private final PriorityQueue<Candidate> queue = new PriorityQueue<>(Candidate.MOST_FREQUENT_FIRST);

        Training(int vocabulary, String eos) {
            this.vocabulary = vocabulary;
            this.eos = eos;
        }

        BytePairTokenizer run() {
            token(eos);
            int[] byteTokens = byteTokens();
            addWords(byteTokens);
            for (int word = 0; word < words.size(); word++) {
                count(word, 1);
            }
            pairCounts.forEachKeyValue((pair, count) -> queue.add(new Candidate(pair, count)));
            while (tokens.size() < vocabulary && !queue.isEmpty()) {
                Candidate best = queue.remove();
                long count = pairCounts.get(best.pair());
                if (count == best.count()) {
                    join(best);
                } else if (count > 0) {
                    queue.add(new Candidate(best.pair(), count));
                }
            }
            List<AddedToken> special = List.of(AddedToken.special(0, eos));
            Vocabulary learned = new Vocabulary("trained vocabulary", ids, special);
            return new BytePairTokenizer(
                    learned,
                    new Spelling.Bytes("trained vocabulary", learned),
                    ranks,
                    new AddedTokens(special, text -> text),
                    preTokenizer,
                    false,
                    new int[0],
                    OptionalInt.of(0),
                    TokenizerFileWriter.bytePair(ids, merges, special, eos));
        }

        /// The bytes in the order of the characters that spell them.
        private int[] byteTokens() {
            ByteAlphabet alphabet = new ByteAlphabet();
            List<Integer> values = new ArrayList<>();
            for (int value = 0; value < ByteAlphabet.BYTES; value++) {
                values.add(value);
            }
            values.sort(Comparator.comparingInt(alphabet::spelling));
            int[] byteTokens = new int[ByteAlphabet.BYTES];
            for (int value : values) {
                byteTokens[value] = token(String.valueOf(alphabet.spelling(value)));
            }
            return byteTokens;
        }

        private int token(String text) {
            @Nullable Integer known = ids.putIfAbsent(text, tokens.size());
            if (known != null) {
                return known;
            }
            tokens.add(text);
            return tokens.size() - 1;
        }

        private void addWords(int[] byteTokens) {
            for (String piece : pieces.keysView().toSortedList()) {
                byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
                int[] symbols = new int[bytes.length];
                for (int i = 0; i < bytes.length; i++) {
                    symbols[i] = byteTokens[bytes[i] & 0xFF];
                }
                words.add(symbols);
                counts.add(pieces.get(piece));
            }
        }

        /// Adds the pairs of a word to the counts, or takes them away with a `sign` of -1.
        private void count(int word, int sign) {
            int[] symbols = words.get(word);
            for (int i = 0; i + 1 < symbols.length; i++) {
                long pair = pair(symbols[i], symbols[i + 1]);
                pairCounts.addToValue(pair, sign * counts.get(word));
                if (sign > 0) {
                    MutableIntList seen = wordsOfPair.getIfAbsentPut(pair, IntLists.mutable::empty);
                    if (seen.isEmpty() || seen.getLast() != word) {
                        seen.add(word);
                    }
                }
            }
        }

        private void join(Candidate best) {
            String left = tokens.get(best.left());
            String right = tokens.get(best.right());
            int joined = token(left + right);
            merges.add(List.of(left, right));
            ranks.add(best.left(), best.right(), joined);
            @Nullable MutableIntList affected = wordsOfPair.remove(best.pair());
            if (affected == null) {
                throw new IllegalStateException("no word has the pair " + left + " " + right);
            }
            var grown = LongLists.mutable.empty();
            for (int word : affected.distinct().toArray()) {
                count(word, -1);
                words.set(word, joined(words.get(word), best, joined, grown::add));
                count(word, 1);
            }
            pairCounts.remove(best.pair());
            for (long pair : grown.distinct().toArray()) {
                if (pairCounts.get(pair) > 0) {
                    queue.add(new Candidate(pair, pairCounts.get(pair)));
                }
            }
        }

        /// The symbols of a word after the pair was joined from left to right; tells the pairs that are new in
        /// it.
        private int[] joined(int[] symbols, Candidate best, int joined, java.util.function.LongConsumer newPair) {
            MutableIntList result = IntLists.mutable.withInitialCapacity(symbols.length);
            for (int i = 0; i < symbols.length; i++) {
                boolean found = i + 1 < symbols.length && symbols[i] == best.left() && symbols[i + 1] == best.right();
                result.add(found ? joined : symbols[i]);
                i += found ? 1 : 0;
            }
            for (int i = 0; i + 1 < result.size(); i++) {
                if (result.get(i) == joined || result.get(i + 1) == joined) {
                    newPair.accept(pair(result.get(i), result.get(i + 1)));
                }
            }
            return result.toArray();
        }
    }
}
