package dev.daa.model.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts text into pieces that no token crosses.
sealed interface PreTokenizer {
    /// Hands the pieces of a text that is not empty to `pieces`, in order; none is empty.
    void split(String text, Consumer<String> pieces);

    /// Words between white space, which is dropped.
    record Words() implements PreTokenizer {
        @Override
        public void split(String text, Consumer<String> pieces) {
            int at = Whitespace.endOfRunAfter(text, 0);
            while (at < text.length()) {
                int end = at;
                while (end < text.length() && !Whitespace.is(text.charAt(end))) {
                    end++;
                }
                pieces.accept(text.substring(at, end));
                at = Whitespace.endOfRunAfter(text, end);
            }
        }
    }

    /// The whole text.
    record Whole() implements PreTokenizer {
        @Override
        public void split(String text, Consumer<String> pieces) {
            pieces.accept(text);
        }
    }

    /// Puts a space before text that does not start with one.
    record PrefixSpace() implements PreTokenizer {
        @Override
        public void split(String text, Consumer<String> pieces) {
            pieces.accept(text.startsWith(" ") ? text : " " + text);
        }
    }

    /// Matches of an expression.
    ///
    /// @param pattern what a piece is
    /// @param keepGaps text between matches is a piece too; otherwise it is dropped
    record Matches(Pattern pattern, boolean keepGaps) implements PreTokenizer {
        @Override
        public void split(String text, Consumer<String> pieces) {
            Matcher matcher = pattern.matcher(text);
            int done = 0;
            while (matcher.find()) {
                if (keepGaps && done < matcher.start()) {
                    pieces.accept(text.substring(done, matcher.start()));
                }
                if (matcher.start() < matcher.end()) {
                    pieces.accept(matcher.group());
                }
                done = matcher.end();
            }
            if (keepGaps && done < text.length()) {
                pieces.accept(text.substring(done));
            }
        }
    }

    /// GPT-2's pattern by hand, several times as fast as the expression:
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
    record Gpt2() implements PreTokenizer {
        private enum Kind {
            LETTER,
            NUMBER,
            SPACE,
            OTHER
        }

        @Override
        public void split(String text, Consumer<String> pieces) {
            int at = 0;
            while (at < text.length()) {
                int end = end(text, at);
                pieces.accept(text.substring(at, end));
                at = end;
            }
        }

        private static int end(String text, int at) {
            char first = text.charAt(at);
            if (first == '\'') {
                int end = contraction(text, at + 1);
                if (end > at) {
                    return end;
                }
            }
            int start = first == ' ' && at + 1 < text.length() ? at + 1 : at;
            Kind kind = kind(text.codePointAt(start));
            if (kind != Kind.SPACE) {
                return endOfRun(text, start, kind);
            }
            int end = Whitespace.endOfRunAfter(text, at);
            // The last of several spaces belongs to what follows.
            return end < text.length() && end - at > 1 ? end - 1 : end;
        }

        private static int endOfRun(String text, int from, Kind kind) {
            int end = from;
            while (end < text.length()) {
                int character = text.codePointAt(end);
                if (kind(character) != kind) {
                    break;
                }
                end += Character.charCount(character);
            }
            return end;
        }

        /// Where a contraction whose first letter is at `at` ends, or -1.
        private static int contraction(String text, int at) {
            char first = at < text.length() ? text.charAt(at) : 0;
            char second = at + 1 < text.length() ? text.charAt(at + 1) : 0;
            return switch (first) {
                case 's', 't', 'm', 'd' -> at + 1;
                case 'r', 'v' -> second == 'e' ? at + 2 : -1;
                case 'l' -> second == 'l' ? at + 2 : -1;
                default -> -1;
            };
        }

        private static Kind kind(int character) {
            if (Character.isLetter(character)) {
                return Kind.LETTER;
            }
            if (Whitespace.is(character)) {
                return Kind.SPACE;
            }
            return switch (Character.getType(character)) {
                case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> Kind.NUMBER;
                default -> Kind.OTHER;
            };
        }
    }

    /// One after the other, each on the pieces of the one before.
    record Sequence(List<PreTokenizer> steps) implements PreTokenizer {
        public Sequence {
            steps = List.copyOf(steps);
        }

        @Override
        public void split(String text, Consumer<String> pieces) {
            List<String> current = List.of(text);
            for (PreTokenizer step : steps) {
                List<String> next = new ArrayList<>();
                current.forEach(piece -> step.split(piece, next::add));
                current = next;
            }
            current.forEach(pieces);
        }
    }
}
