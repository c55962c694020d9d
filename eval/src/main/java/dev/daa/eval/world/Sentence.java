package dev.daa.eval.world;

/// What a sentence, the tokens up to and including a full stop, says. Sentiments are in hundredths.
sealed interface Sentence {
    /// A well-formed statement about one aspect, of whichever item; `adverbs` counts its adverbs.
    record Statement(StatementForm form, int aspect, int adverbs, int sentiment) implements Sentence {}

    /// `overall , a ADJECTIVE ITEM .`
    record Closing(Item item, int sentiment) implements Sentence {}

    /// A sentence that the grammar does not produce, the lone full stop among them.
    enum Ungrammatical implements Sentence {
        UNGRAMMATICAL
    }
}
