package dev.daa.model.tokenizer;

/// A token that is recognised in the text before anything else.
///
/// @param id in the vocabulary
/// @param content the text that stands for it
/// @param special a mark that is no part of the text, such as the end of a sequence
/// @param singleWord recognised only where no letter, digit or `_` adjoins
/// @param stripLeft takes the white space before it
/// @param stripRight takes the white space after it
/// @param normalized recognised in the normalized text instead of the raw one
public record AddedToken(
        int id,
        String content,
        boolean special,
        boolean singleWord,
        boolean stripLeft,
        boolean stripRight,
        boolean normalized) {

    /// A special token that is recognised literally.
    public static AddedToken special(int id, String content) {
        return new AddedToken(id, content, true, false, false, false, false);
    }
}
