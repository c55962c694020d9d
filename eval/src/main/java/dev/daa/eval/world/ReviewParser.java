package dev.daa.eval.world;

import static dev.daa.eval.world.Sentence.Ungrammatical.UNGRAMMATICAL;

import dev.daa.eval.world.Sentence.Closing;
import dev.daa.eval.world.Sentence.Statement;

/// Recursive descent over the tokens of one response, a sentence at a time.
///
/// The text of a response is what stands before its first `<eos>`. A sentence is a run of tokens up to and including a
/// full stop; what the grammar makes of it is decided by that sentence alone, so one broken sentence does not spoil the
/// next.
final class ReviewParser {
    private static final int MISMATCH = Integer.MIN_VALUE;

    private final int[] tokens;
    private final int textEnd;
    private final boolean endsWithEos;
    private int position;
    private int adverbs;

    ReviewParser(int[] tokens, int length) {
        if (length < 0 || length > tokens.length) {
            throw new IllegalArgumentException(
                    "response length " + length + ", but " + tokens.length + " tokens are given");
        }
        int end = 0;
        while (end < length && Lexicon.checked(tokens[end]) != Lexicon.EOS) {
            end++;
        }
        this.tokens = tokens;
        this.textEnd = end;
        this.endsWithEos = end < length;
    }

    /// Tokens of the response up to and including its first `<eos>`.
    int length() {
        return endsWithEos ? textEnd + 1 : textEnd;
    }

    boolean endsWithEos() {
        return endsWithEos;
    }

    /// Whether text is left; after [#nextSentence] has returned all sentences, this is text after the last full
    /// stop.
    boolean hasText() {
        return position < textEnd;
    }

    /// Whether a full stop lies ahead.
    boolean hasSentence() {
        return fullStop() < textEnd;
    }

    /// Reads up to and including the next full stop.
    Sentence nextSentence() {
        int stop = fullStop();
        adverbs = 0;
        Sentence sentence = accept(Lexicon.THE)
                ? wasStatement(stop)
                : accept(Lexicon.I) ? verbStatement(stop) : accept(Lexicon.OVERALL) ? closing(stop) : UNGRAMMATICAL;
        position = stop + 1;
        return sentence;
    }

    private int fullStop() {
        int stop = position;
        while (stop < textEnd && tokens[stop] != Lexicon.FULL_STOP) {
            stop++;
        }
        return stop;
    }

    /// After `the`: `ASPECT was ADJP [and|but ADJP] .`
    private Sentence wasStatement(int stop) {
        int aspect = tokens[position];
        if (!acceptAspect() || !accept(Lexicon.WAS)) {
            return UNGRAMMATICAL;
        }
        int sentiment = adjectivePhrase();
        if (sentiment == MISMATCH) {
            return UNGRAMMATICAL;
        }
        if (position == stop) {
            return new Statement(StatementForm.PLAIN, aspect, adverbs, sentiment);
        }
        if (!accept(Lexicon.AND) && !accept(Lexicon.BUT)) {
            return UNGRAMMATICAL;
        }
        int second = adjectivePhrase();
        return second == MISMATCH || position != stop
                ? UNGRAMMATICAL
                : new Statement(StatementForm.JOINED, aspect, adverbs, sentiment + second);
    }

    /// After `i`: `VERB the ASPECT [because it was ADJP] .`
    private Sentence verbStatement(int stop) {
        int verb = tokens[position];
        if (!Lexicon.VERBS.contains(verb)) {
            return UNGRAMMATICAL;
        }
        position++;
        int sentiment = 10 * Lexicon.tenths(verb);
        if (!accept(Lexicon.THE)) {
            return UNGRAMMATICAL;
        }
        int aspect = tokens[position];
        if (!acceptAspect()) {
            return UNGRAMMATICAL;
        }
        if (position == stop) {
            return new Statement(StatementForm.VERB, aspect, adverbs, sentiment);
        }
        if (!accept(Lexicon.BECAUSE) || !accept(Lexicon.IT) || !accept(Lexicon.WAS)) {
            return UNGRAMMATICAL;
        }
        int reason = adjectivePhrase();
        return reason == MISMATCH || position != stop
                ? UNGRAMMATICAL
                : new Statement(StatementForm.REASONED, aspect, adverbs, sentiment + reason);
    }

    /// After `overall`: `, a ADJECTIVE ITEM .`
    private Sentence closing(int stop) {
        if (!accept(Lexicon.COMMA) || !accept(Lexicon.A)) {
            return UNGRAMMATICAL;
        }
        int adjective = tokens[position];
        if (!Lexicon.ADJECTIVES.contains(adjective)) {
            return UNGRAMMATICAL;
        }
        position++;
        int item = tokens[position];
        if (!Lexicon.isItem(item)) {
            return UNGRAMMATICAL;
        }
        position++;
        return position == stop ? new Closing(Lexicon.item(item), 10 * Lexicon.tenths(adjective)) : UNGRAMMATICAL;
    }

    /// `[ADVERB] ADJECTIVE`: its sentiment in hundredths, or [#MISMATCH].
    private int adjectivePhrase() {
        int factor = 10;
        if (Lexicon.ADVERBS.contains(tokens[position])) {
            factor = Lexicon.tenths(tokens[position++]);
            adverbs++;
        }
        if (!Lexicon.ADJECTIVES.contains(tokens[position])) {
            return MISMATCH;
        }
        return factor * Lexicon.tenths(tokens[position++]);
    }

    /// Steps over `word` if it is next. The full stop that ends every sentence keeps all look-ahead inside the
    /// text.
    private boolean accept(int word) {
        if (tokens[position] != word) {
            return false;
        }
        position++;
        return true;
    }

    private boolean acceptAspect() {
        if (!Lexicon.isAspect(tokens[position])) {
            return false;
        }
        position++;
        return true;
    }
}
