package dev.daa.eval.world;

import dev.daa.model.generate.StopTokens;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The 86 words of the world, one token each, and what the words mean.
///
/// Token ids follow the order of the specification: `<eos>` is 0, then the other function words, the items, the aspects
/// in order of first mention, the adjectives, the adverbs and the verbs. Adjectives, verbs and adverbs carry a value in
/// tenths (great: 15, very: 15, hated: −18), so that a sentiment, an adverb times an adjective, is a whole number of
/// hundredths and sums of sentiments are exact.
public final class Lexicon {
    public static final int EOS = 0;

    /// What ends a response.
    public static final StopTokens STOP = StopTokens.of(EOS);

    static final int REVIEW = 1;
    static final int COLON = 2;
    static final int THE = 3;
    static final int WAS = 4;
    static final int AND = 5;
    static final int BUT = 6;
    static final int I = 7;
    static final int BECAUSE = 8;
    static final int IT = 9;
    static final int FULL_STOP = 10;
    static final int COMMA = 11;
    static final int OVERALL = 12;
    static final int A = 13;

    private static final List<String> FUNCTION_WORDS =
            List.of("<eos>", "review", ":", "the", "was", "and", "but", "i", "because", "it", ".", ",", "overall", "a");

    private static final List<Valued> ADJECTIVE_VALUES = List.of(
            new Valued("superb", 20),
            new Valued("great", 15),
            new Valued("lovely", 13),
            new Valued("good", 10),
            new Valued("solid", 9),
            new Valued("nice", 8),
            new Valued("decent", 6),
            new Valued("fine", 4),
            new Valued("okay", 1),
            new Valued("average", 0),
            new Valued("odd", -3),
            new Valued("dull", -6),
            new Valued("weak", -8),
            new Valued("messy", -9),
            new Valued("poor", -10),
            new Valued("bad", -12),
            new Valued("awful", -18),
            new Valued("terrible", -20));

    private static final List<Valued> ADVERB_VALUES = List.of(
            new Valued("very", 15),
            new Valued("quite", 12),
            new Valued("rather", 8),
            new Valued("slightly", 5),
            new Valued("hardly", -5),
            new Valued("not", -8));

    private static final List<Valued> VERB_VALUES = List.of(
            new Valued("loved", 18),
            new Valued("recommend", 14),
            new Valued("enjoyed", 13),
            new Valued("liked", 10),
            new Valued("noticed", 0),
            new Valued("tolerated", -6),
            new Valued("disliked", -12),
            new Valued("regret", -15),
            new Valued("hated", -18));

    private static final List<Item> ITEM_VALUES = List.of(Item.values());
    private static final List<String> ASPECT_WORDS = aspectWords();

    private static final Range ITEMS = new Range(FUNCTION_WORDS.size(), ITEM_VALUES.size());
    private static final Range ASPECTS = new Range(ITEMS.end(), ASPECT_WORDS.size());
    static final Range ADJECTIVES = new Range(ASPECTS.end(), ADJECTIVE_VALUES.size());
    static final Range ADVERBS = new Range(ADJECTIVES.end(), ADVERB_VALUES.size());
    static final Range VERBS = new Range(ADVERBS.end(), VERB_VALUES.size());

    /// Number of words and of token ids: 86.
    public static final int SIZE = VERBS.end();

    private static final int[] TENTHS = tenths();
    private static final List<String> WORDS = words();
    private static final Map<String, Integer> IDS = ids();
    private static final int[][] ASPECT_IDS = aspectIds();
    private static final long[] ITEMS_OF_ASPECT = itemsOfAspect();

    private Lexicon() {}

    /// A word and its value in tenths.
    private record Valued(String word, int tenths) {}

    /// The ids `first … end − 1` of one part of speech.
    record Range(int first, int count) {
        int end() {
            return first + count;
        }

        boolean contains(int id) {
            return id >= first && id < first + count;
        }
    }

    /// All words in the order of their ids.
    public static List<String> vocabulary() {
        return WORDS;
    }

    /// The word of a token id.
    ///
    /// @throws IllegalArgumentException for an id outside `0 … 85`
    public static String word(int id) {
        return WORDS.get(checked(id));
    }

    /// The token id of a word.
    ///
    /// @throws IllegalArgumentException for a word that is not in the vocabulary
    public static int id(String word) {
        Integer id = IDS.get(word);
        if (id == null) {
            throw new IllegalArgumentException(
                    "'" + word + "' is not one of the " + SIZE + " words of the reviews world");
        }
        return id;
    }

    /// Token ids of a text whose words stand between white space; the empty text has none.
    public static int[] encode(String text) {
        String stripped = text.strip();
        return stripped.isEmpty()
                ? new int[0]
                : Arrays.stream(stripped.split("\\s+")).mapToInt(Lexicon::id).toArray();
    }

    /// The words of `ids[0 … length)` with single spaces between, `<eos>` included where it stands; [#encode]
    /// reverses it.
    public static String decode(int[] ids, int length) {
        StringBuilder text = new StringBuilder();
        for (int t = 0; t < length; t++) {
            if (t > 0) {
                text.append(' ');
            }
            text.append(word(ids[t]));
        }
        return text.toString();
    }

    /// The words of all `ids`.
    public static String decode(int[] ids) {
        return decode(ids, ids.length);
    }

    static int checked(int id) {
        if (id < 0 || id >= SIZE) {
            throw new IllegalArgumentException(
                    "token id " + id + " is outside the reviews vocabulary 0.." + (SIZE - 1));
        }
        return id;
    }

    static int itemId(Item item) {
        return ITEMS.first() + item.ordinal();
    }

    static boolean isItem(int id) {
        return ITEMS.contains(id);
    }

    static Item item(int id) {
        return ITEM_VALUES.get(id - ITEMS.first());
    }

    static boolean isAspect(int id) {
        return ASPECTS.contains(id);
    }

    /// Token id of the aspect at `index` in the item's list.
    static int aspectId(Item item, int index) {
        return ASPECT_IDS[item.ordinal()][index];
    }

    static boolean hasAspect(Item item, int aspectId) {
        return (ITEMS_OF_ASPECT[aspectId - ASPECTS.first()] & 1L << item.ordinal()) != 0;
    }

    /// One bit per aspect, for sets of mentioned aspects.
    static long aspectBit(int aspectId) {
        return 1L << (aspectId - ASPECTS.first());
    }

    /// Value in tenths of an adjective, adverb or verb.
    static int tenths(int id) {
        return TENTHS[id];
    }

    private static List<String> aspectWords() {
        Set<String> aspects = new LinkedHashSet<>();
        ITEM_VALUES.forEach(item -> aspects.addAll(item.aspects()));
        return List.copyOf(aspects);
    }

    private static List<String> words() {
        String[] words = new String[SIZE];
        place(words, new Range(0, FUNCTION_WORDS.size()), FUNCTION_WORDS);
        place(words, ITEMS, ITEM_VALUES.stream().map(Item::word).toList());
        place(words, ASPECTS, ASPECT_WORDS);
        place(words, ADJECTIVES, ADJECTIVE_VALUES.stream().map(Valued::word).toList());
        place(words, ADVERBS, ADVERB_VALUES.stream().map(Valued::word).toList());
        place(words, VERBS, VERB_VALUES.stream().map(Valued::word).toList());
        return List.of(words);
    }

    private static void place(String[] words, Range range, List<String> part) {
        for (int k = 0; k < range.count(); k++) {
            words[range.first() + k] = part.get(k);
        }
    }

    private static int[] tenths() {
        int[] tenths = new int[SIZE];
        place(tenths, ADJECTIVES, ADJECTIVE_VALUES);
        place(tenths, ADVERBS, ADVERB_VALUES);
        place(tenths, VERBS, VERB_VALUES);
        return tenths;
    }

    private static void place(int[] tenths, Range range, List<Valued> part) {
        for (int k = 0; k < range.count(); k++) {
            tenths[range.first() + k] = part.get(k).tenths();
        }
    }

    private static Map<String, Integer> ids() {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < SIZE; id++) {
            ids.put(WORDS.get(id), id);
        }
        return Map.copyOf(ids);
    }

    private static int[][] aspectIds() {
        int[][] ids = new int[ITEM_VALUES.size()][];
        for (Item item : ITEM_VALUES) {
            ids[item.ordinal()] = item.aspects().stream()
                    .mapToInt(aspect -> ASPECTS.first() + ASPECT_WORDS.indexOf(aspect))
                    .toArray();
        }
        return ids;
    }

    private static long[] itemsOfAspect() {
        long[] items = new long[ASPECTS.count()];
        for (Item item : ITEM_VALUES) {
            for (int aspect : ASPECT_IDS[item.ordinal()]) {
                items[aspect - ASPECTS.first()] |= 1L << item.ordinal();
            }
        }
        return items;
    }
}
