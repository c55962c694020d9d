package dev.daa.model.tokenizer;

/// Unicode's property White_Space, the `\s` of Hugging Face's patterns.
final class Whitespace {
    private Whitespace() {}

    static boolean is(int character) {
        return character <= ' '
                ? character == ' ' || character >= '\t' && character <= '\r'
                : character >= 0x85
                        && (character == 0x85
                                || character == 0xA0
                                || character == 0x1680
                                || character >= 0x2000 && character <= 0x200A
                                || character == 0x2028
                                || character == 0x2029
                                || character == 0x202F
                                || character == 0x205F
                                || character == 0x3000);
    }

    /// Where the run of white space that starts at `from` ends. White space is never a surrogate pair.
    static int endOfRunAfter(String text, int from) {
        int end = from;
        while (end < text.length() && is(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /// Where the run of white space that ends at `to` starts.
    static int startOfRunBefore(String text, int to) {
        int start = to;
        while (start > 0 && is(text.charAt(start - 1))) {
            start--;
        }
        return start;
    }
}
