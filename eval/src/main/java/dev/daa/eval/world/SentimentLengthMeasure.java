package dev.daa.eval.world;

/// A finite measure on (S, L): sentiment in hundredths, tokens. Immutable; dense, `mass[L][S + radius]`.
///
/// Texts that are written one after the other convolve their measures. Every sentiment of the world is a whole number
/// of hundredths, so that this grid is exact.
final class SentimentLengthMeasure {
    /// Applied to every point that carries mass.
    @FunctionalInterface
    interface Visitor {
        void visit(int sentiment, int length, double mass);
    }

    /// A number for a point that carries mass.
    @FunctionalInterface
    interface PointValue {
        double at(int sentiment, int length, double mass);
    }

    private final int radius;
    private final double[][] mass;

    private SentimentLengthMeasure(int radius, int maximumLength) {
        this.radius = radius;
        this.mass = new double[maximumLength + 1][2 * radius + 1];
    }

    /// Unit mass at one point.
    static SentimentLengthMeasure point(int sentiment, int length) {
        SentimentLengthMeasure point = new SentimentLengthMeasure(Math.abs(sentiment), length);
        point.mass[length][sentiment + point.radius] = 1;
        return point;
    }

    /// No mass anywhere.
    static SentimentLengthMeasure zero() {
        return new SentimentLengthMeasure(0, 0);
    }

    /// This measure plus `weight` times another.
    SentimentLengthMeasure plus(double weight, SentimentLengthMeasure other) {
        SentimentLengthMeasure sum = new SentimentLengthMeasure(
                Math.max(radius, other.radius), Math.max(mass.length, other.mass.length) - 1);
        sum.add(1, this, 0, 0);
        sum.add(weight, other, 0, 0);
        return sum;
    }

    /// The convolution with another measure; cheapest when `other` is the one with fewer points.
    SentimentLengthMeasure then(SentimentLengthMeasure other) {
        SentimentLengthMeasure product =
                new SentimentLengthMeasure(radius + other.radius, mass.length + other.mass.length - 2);
        other.forEach((sentiment, length, weight) -> product.add(weight, this, sentiment, length));
        return product;
    }

    /// Visits the points that carry mass, by length, then by sentiment.
    void forEach(Visitor visitor) {
        for (int length = 0; length < mass.length; length++) {
            for (int s = 0; s < mass[length].length; s++) {
                if (mass[length][s] != 0) {
                    visitor.visit(s - radius, length, mass[length][s]);
                }
            }
        }
    }

    /// Number of points that carry mass.
    int points() {
        int points = 0;
        for (double[] row : mass) {
            for (double value : row) {
                points += value != 0 ? 1 : 0;
            }
        }
        return points;
    }

    /// The value of every point that carries mass, in the order of [#forEach].
    double[] values(PointValue value) {
        double[] values = new double[points()];
        int next = 0;
        for (int length = 0; length < mass.length; length++) {
            for (int s = 0; s < mass[length].length; s++) {
                if (mass[length][s] != 0) {
                    values[next++] = value.at(s - radius, length, mass[length][s]);
                }
            }
        }
        return values;
    }

    private void add(double weight, SentimentLengthMeasure other, int sentimentShift, int lengthShift) {
        int shift = radius - other.radius + sentimentShift;
        for (int length = 0; length < other.mass.length; length++) {
            addScaled(weight, other.mass[length], mass[length + lengthShift], shift);
        }
    }

    /// `target[s + shift] += weight · source[s]`
    private static void addScaled(double weight, double[] source, double[] target, int shift) {
        for (int s = 0; s < source.length; s++) {
            target[s + shift] += weight * source[s];
        }
    }

    /// The exact distribution of (S, L) of a reference review, the same for every item: all items have as many
    /// aspects, and which aspect a statement is about changes neither its sentiment nor its length.
    static SentimentLengthMeasure ofReferenceReview() {
        SentimentLengthMeasure statement = ofStatement();
        SentimentLengthMeasure statements = point(0, 0);
        SentimentLengthMeasure body = zero();
        for (int n = 1; n <= ReferenceReviews.maximumStatements(); n++) {
            statements = statements.then(statement);
            body = body.plus(ReferenceReviews.statementCountProbability(n), statements);
        }
        SentimentLengthMeasure ending = zero().plus(1 - ReferenceReviews.CLOSING_PROBABILITY, point(0, 0))
                .plus(
                        ReferenceReviews.CLOSING_PROBABILITY,
                        uniform(Lexicon.ADJECTIVES).then(point(0, ReferenceReviews.CLOSING_LENGTH - 1)));
        return body.then(ending).then(point(0, 1));
    }

    private static SentimentLengthMeasure ofStatement() {
        SentimentLengthMeasure adjectivePhrase = ofAdjectivePhrase();
        SentimentLengthMeasure verb = uniform(Lexicon.VERBS);
        SentimentLengthMeasure statement = zero();
        for (StatementForm form : StatementForm.ALL) {
            SentimentLengthMeasure words = form.hasVerb() ? verb : point(0, 0);
            for (int phrase = 0; phrase < form.adjectivePhrases(); phrase++) {
                words = words.then(adjectivePhrase);
            }
            int frame = form.frameLength() - (form.hasVerb() ? 1 : 0);
            statement = statement.plus(form.probability(), words.then(point(0, frame)));
        }
        return statement;
    }

    private static SentimentLengthMeasure ofAdjectivePhrase() {
        SentimentLengthMeasure intensified = zero();
        for (int adverb = Lexicon.ADVERBS.first(); adverb < Lexicon.ADVERBS.end(); adverb++) {
            for (int adjective = Lexicon.ADJECTIVES.first(); adjective < Lexicon.ADJECTIVES.end(); adjective++) {
                intensified = intensified.plus(
                        1.0 / (Lexicon.ADVERBS.count() * Lexicon.ADJECTIVES.count()),
                        point(Lexicon.tenths(adverb) * Lexicon.tenths(adjective), 2));
            }
        }
        return zero().plus(1 - ReferenceReviews.ADVERB_PROBABILITY, uniform(Lexicon.ADJECTIVES))
                .plus(ReferenceReviews.ADVERB_PROBABILITY, intensified);
    }

    /// One uniform word of a part of speech whose value is its sentiment.
    private static SentimentLengthMeasure uniform(Lexicon.Range words) {
        SentimentLengthMeasure uniform = zero();
        for (int word = words.first(); word < words.end(); word++) {
            uniform = uniform.plus(1.0 / words.count(), point(10 * Lexicon.tenths(word), 1));
        }
        return uniform;
    }
}
