package dev.daa.model.json;

/// The mark U+FEFF that some editors put before a text in UTF-8, and that is no part of it.
public final class ByteOrderMark {
    private static final String MARK = "\uFEFF";

    private ByteOrderMark() {}

    /// A file's text, or its first line, without the mark.
    public static String strip(String text) {
        return text.startsWith(MARK) ? text.substring(MARK.length()) : text;
    }
}
