package dev.daa.eval.world;

import java.util.List;

/// The four forms of a statement. ADJP is `ADJECTIVE` or `ADVERB ADJECTIVE`.
///
/// Each form knows its probability in the reference distribution and its parts, so that sampling, probabilities and the
/// exact distribution cannot disagree.
enum StatementForm {
    /// `the ASPECT was ADJP .`
    PLAIN(0.45, false, 1, 4),
    /// `the ASPECT was ADJP and|but ADJP .`
    JOINED(0.20, false, 2, 5),
    /// `i VERB the ASPECT .`
    VERB(0.20, true, 0, 5),
    /// `i VERB the ASPECT because it was ADJP .`
    REASONED(0.15, true, 1, 8);

    static final List<StatementForm> ALL = List.of(values());

    private final double probability;
    private final boolean hasVerb;
    private final int adjectivePhrases;
    private final int frameLength;

    StatementForm(double probability, boolean hasVerb, int adjectivePhrases, int frameLength) {
        this.probability = probability;
        this.hasVerb = hasVerb;
        this.adjectivePhrases = adjectivePhrases;
        this.frameLength = frameLength;
    }

    /// Probability of the form in the reference distribution.
    double probability() {
        return probability;
    }

    boolean hasVerb() {
        return hasVerb;
    }

    /// Number of adjective phrases.
    int adjectivePhrases() {
        return adjectivePhrases;
    }

    /// Tokens outside the adjective phrases, full stop included.
    int frameLength() {
        return frameLength;
    }
}
