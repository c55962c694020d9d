package dev.daa.model.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.eclipse.collections.api.map.primitive.IntObjectMap;
import org.eclipse.collections.api.map.primitive.MutableIntObjectMap;
import org.eclipse.collections.impl.factory.primitive.IntObjectMaps;
import org.jspecify.annotations.Nullable;

/// Finds added tokens in a text: at each place the longest, from left to right.
///
/// Source: `AddedVocabulary` of Hugging Face tokenizers, whose order of work this follows: tokens of the raw text
/// first, then the rest is normalized, then tokens of the normalized text.
final class AddedTokens {
    /// A stretch of text, or one added token and its content when `token` is present.
    record Segment(String text, @Nullable AddedToken token) {}

    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
    private static final int ZERO_WIDTH_JOINER = 0x200D;

    private final List<AddedToken> tokens;
    private final UnaryOperator<String> normalizer;
    private final IntObjectMap<List<Spelling>> raw;
    private final IntObjectMap<List<Spelling>> normalized;
    private final IntObjectMap<AddedToken> byId;

    /// What is looked for.
    private record Spelling(String text, AddedToken token) {}

    AddedTokens(List<AddedToken> tokens, UnaryOperator<String> normalizer) {
        this.tokens = List.copyOf(tokens);
        this.normalizer = normalizer;
        raw = byFirstCharacter(tokens.stream()
                .filter(token -> !token.normalized())
                .map(token -> new Spelling(token.content(), token))
                .toList());
        normalized = byFirstCharacter(tokens.stream()
                .filter(AddedToken::normalized)
                .map(token -> new Spelling(normalizer.apply(token.content()), token))
                .toList());
        MutableIntObjectMap<AddedToken> ids = IntObjectMaps.mutable.empty();
        tokens.forEach(token -> ids.put(token.id(), token));
        byId = ids;
    }

    private static IntObjectMap<List<Spelling>> byFirstCharacter(List<Spelling> spellings) {
        MutableIntObjectMap<List<Spelling>> map = IntObjectMaps.mutable.empty();
        spellings.stream()
                .filter(spelling -> !spelling.text().isEmpty())
                .sorted(Comparator.comparingInt(spelling -> -spelling.text().length()))
                .forEach(spelling -> map.getIfAbsentPut(spelling.text().charAt(0), ArrayList::new)
                        .add(spelling));
        return map;
    }

    List<AddedToken> tokens() {
        return tokens;
    }

    @Nullable
    AddedToken token(int id) {
        return byId.get(id);
    }

    /// Cuts a text into added tokens and normalized text between them.
    List<Segment> segments(String text) {
        List<Segment> segments = new ArrayList<>();
        for (Segment outer : split(text, raw)) {
            if (outer.token() != null) {
                segments.add(outer);
            } else {
                segments.addAll(split(normalizer.apply(outer.text()), normalized));
            }
        }
        return segments;
    }

    private static List<Segment> split(String text, IntObjectMap<List<Spelling>> spellings) {
        if (spellings.isEmpty()) {
            return text.isEmpty() ? List.of() : List.of(new Segment(text, null));
        }
        List<Segment> segments = new ArrayList<>();
        int done = 0;
        int at = 0;
        while (at < text.length()) {
            @Nullable Spelling found = longest(text, at, spellings);
            if (found == null) {
                at++;
                continue;
            }
            AddedToken token = found.token();
            int start = at;
            int end = at + found.text().length();
            at = end;
            if (token.singleWord() && (wordBefore(text, start) || wordAfter(text, end))) {
                continue;
            }
            if (token.stripLeft()) {
                start = Math.max(done, Whitespace.startOfRunBefore(text, start));
            }
            if (token.stripRight()) {
                // The search goes on before that white space, where the next token may begin, as in the source.
                end = Whitespace.endOfRunAfter(text, end);
            }
            if (done < start) {
                segments.add(new Segment(text.substring(done, start), null));
            }
            segments.add(new Segment(token.content(), token));
            done = end;
        }
        if (done < text.length()) {
            segments.add(new Segment(text.substring(done), null));
        }
        return segments;
    }

    private static @Nullable Spelling longest(String text, int at, IntObjectMap<List<Spelling>> spellings) {
        @Nullable List<Spelling> candidates = spellings.get(text.charAt(at));
        if (candidates != null) {
            for (Spelling candidate : candidates) {
                if (text.startsWith(candidate.text(), at)) {
                    return candidate;
                }
            }
        }
        return null;
    }

    private static boolean wordBefore(String text, int at) {
        return at > 0 && word(text.codePointBefore(at));
    }

    private static boolean wordAfter(String text, int at) {
        return at < text.length() && word(text.codePointAt(at));
    }

    /// The `\w` of Unicode's technical standard 18.
    private static boolean word(int character) {
        return Character.isAlphabetic(character)
                || switch (Character.getType(character)) {
                    case Character.NON_SPACING_MARK,
                            Character.ENCLOSING_MARK,
                            Character.COMBINING_SPACING_MARK,
                            Character.DECIMAL_DIGIT_NUMBER,
                            Character.CONNECTOR_PUNCTUATION -> true;
                    default -> character == ZERO_WIDTH_NON_JOINER || character == ZERO_WIDTH_JOINER;
                };
    }
}
