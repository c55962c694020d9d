package dev.daa.eval.world;

import dev.daa.eval.world.Sentence.Closing;
import dev.daa.eval.world.Sentence.Statement;
import dev.daa.eval.world.Sentence.Ungrammatical;
import java.util.random.RandomGenerator;

/// The reference distribution p(y | item), which SFT learns: sampling, exact log-probability, entropy.
///
/// n statements, P(n = 1, 2, 3, 4) = .20, .35, .30, .15, about n distinct aspects of the item in uniform order, each of
/// a [StatementForm] with uniform words; then with probability ½ the closing `overall , a ADJECTIVE ITEM .`; then
/// `<eos>`.
public final class ReferenceReviews {
    /// Tokens of the longest reference response: four reasoned statements with an adverb, a closing and `<eos>`.
    public static final int MAXIMUM_LENGTH = 4 * 10 + 6 + 1;

    static final int CLOSING_LENGTH = 6;
    static final double CLOSING_PROBABILITY = 0.5;
    static final double ADVERB_PROBABILITY = 0.4;
    private static final double[] STATEMENT_COUNT_PROBABILITY = {0.20, 0.35, 0.30, 0.15};

    private ReferenceReviews() {}

    /// Greatest number of statements: 4.
    static int maximumStatements() {
        return STATEMENT_COUNT_PROBABILITY.length;
    }

    /// P(n) of n = 1 … 4 statements.
    static double statementCountProbability(int statements) {
        return STATEMENT_COUNT_PROBABILITY[statements - 1];
    }

    /// Writes a response to the item's prompt into `response`, `<eos>` included, and returns its length.
    ///
    /// @param response at least [#MAXIMUM_LENGTH] long; tokens after the returned length are left as they were
    public static int sample(Item item, RandomGenerator random, int[] response) {
        if (response.length < MAXIMUM_LENGTH) {
            throw new IllegalArgumentException(
                    "room for " + response.length + " tokens, but a reference review has up to " + MAXIMUM_LENGTH);
        }
        int statements = statementCount(random);
        int unmentioned = (1 << Item.ASPECTS) - 1;
        int position = 0;
        for (int k = 0; k < statements; k++) {
            int index = randomBit(unmentioned, random.nextInt(Item.ASPECTS - k));
            unmentioned &= ~(1 << index);
            position = statement(Lexicon.aspectId(item, index), random, response, position);
        }
        if (random.nextDouble() < CLOSING_PROBABILITY) {
            response[position++] = Lexicon.OVERALL;
            response[position++] = Lexicon.COMMA;
            response[position++] = Lexicon.A;
            response[position++] = uniform(Lexicon.ADJECTIVES, random);
            response[position++] = Lexicon.itemId(item);
            response[position++] = Lexicon.FULL_STOP;
        }
        response[position++] = Lexicon.EOS;
        return position;
    }

    /// log p(response | item) in nats; −∞ for what the distribution never generates.
    ///
    /// A response has at most one derivation, so the sum over derivations is one product: P(n), the draws of
    /// aspects without replacement 1/5 · 1/4 · …, every statement's form and words, the closing, and nothing after
    /// `<eos>`.
    public static double logProb(Item item, int[] response, int length) {
        ReviewParser review = new ReviewParser(response, length);
        if (!review.endsWithEos() || review.length() != length) {
            return Double.NEGATIVE_INFINITY;
        }
        double logProb = 0;
        int statements = 0;
        boolean closed = false;
        long mentionedAspects = 0;
        while (review.hasSentence()) {
            if (closed) {
                return Double.NEGATIVE_INFINITY;
            }
            switch (review.nextSentence()) {
                case Statement statement -> {
                    long bit = Lexicon.aspectBit(statement.aspect());
                    if (statements == maximumStatements()
                            || !Lexicon.hasAspect(item, statement.aspect())
                            || (mentionedAspects & bit) != 0) {
                        return Double.NEGATIVE_INFINITY;
                    }
                    mentionedAspects |= bit;
                    logProb += logProb(statement) - Math.log(Item.ASPECTS - statements);
                    statements++;
                }
                case Closing closing -> {
                    if (closing.item() != item) {
                        return Double.NEGATIVE_INFINITY;
                    }
                    logProb += Math.log(CLOSING_PROBABILITY / Lexicon.ADJECTIVES.count());
                    closed = true;
                }
                case Ungrammatical _ -> {
                    return Double.NEGATIVE_INFINITY;
                }
            }
        }
        if (statements == 0 || review.hasText()) {
            return Double.NEGATIVE_INFINITY;
        }
        return logProb
                + Math.log(statementCountProbability(statements))
                + (closed ? 0 : Math.log(1 - CLOSING_PROBABILITY));
    }

    /// Entropy of a response given its item, in nats: the least expected loss, summed over a response, that any
    /// model of the SFT data can have.
    public static double entropy() {
        double adjectivePhrase = binaryEntropy(ADVERB_PROBABILITY)
                + Math.log(Lexicon.ADJECTIVES.count())
                + ADVERB_PROBABILITY * Math.log(Lexicon.ADVERBS.count());
        double statement = 0;
        for (StatementForm form : StatementForm.ALL) {
            double words = (form.hasVerb() ? Math.log(Lexicon.VERBS.count()) : 0)
                    + form.adjectivePhrases() * adjectivePhrase
                    + (form == StatementForm.JOINED ? Math.log(2) : 0);
            statement += form.probability() * (words - Math.log(form.probability()));
        }
        double entropy =
                binaryEntropy(CLOSING_PROBABILITY) + CLOSING_PROBABILITY * Math.log(Lexicon.ADJECTIVES.count());
        double aspects = 0;
        for (int n = 1; n <= maximumStatements(); n++) {
            double probability = statementCountProbability(n);
            aspects += Math.log(Item.ASPECTS - (n - 1));
            entropy += probability * (n * statement + aspects - Math.log(probability));
        }
        return entropy;
    }

    private static double binaryEntropy(double probability) {
        return -probability * Math.log(probability) - (1 - probability) * Math.log(1 - probability);
    }

    /// log-probability of a statement given its aspect.
    private static double logProb(Statement statement) {
        StatementForm form = statement.form();
        double choices = 1;
        for (int phrase = 0; phrase < form.adjectivePhrases(); phrase++) {
            choices *= Lexicon.ADJECTIVES.count();
        }
        for (int adverb = 0; adverb < statement.adverbs(); adverb++) {
            choices *= Lexicon.ADVERBS.count();
        }
        choices *= form.hasVerb() ? Lexicon.VERBS.count() : 1;
        choices *= form == StatementForm.JOINED ? 2 : 1;
        return Math.log(form.probability() / choices)
                + statement.adverbs() * Math.log(ADVERB_PROBABILITY)
                + (form.adjectivePhrases() - statement.adverbs()) * Math.log(1 - ADVERB_PROBABILITY);
    }

    private static int statementCount(RandomGenerator random) {
        double left = random.nextDouble();
        int statements = 1;
        while (statements < maximumStatements() && (left -= statementCountProbability(statements)) >= 0) {
            statements++;
        }
        return statements;
    }

    private static StatementForm form(RandomGenerator random) {
        double left = random.nextDouble();
        int index = 0;
        while (index < StatementForm.ALL.size() - 1
                && (left -= StatementForm.ALL.get(index).probability()) >= 0) {
            index++;
        }
        return StatementForm.ALL.get(index);
    }

    /// Index of the set bit of `bits` that has `rank` set bits below it.
    private static int randomBit(int bits, int rank) {
        int left = bits;
        for (int k = 0; k < rank; k++) {
            left &= left - 1;
        }
        return Integer.numberOfTrailingZeros(left);
    }

    private static int statement(int aspect, RandomGenerator random, int[] response, int start) {
        StatementForm form = form(random);
        int position = start;
        if (form.hasVerb()) {
            response[position++] = Lexicon.I;
            response[position++] = uniform(Lexicon.VERBS, random);
        }
        response[position++] = Lexicon.THE;
        response[position++] = aspect;
        if (form == StatementForm.REASONED) {
            response[position++] = Lexicon.BECAUSE;
            response[position++] = Lexicon.IT;
        }
        if (form.adjectivePhrases() > 0) {
            response[position++] = Lexicon.WAS;
            position = adjectivePhrase(random, response, position);
        }
        if (form == StatementForm.JOINED) {
            response[position++] = random.nextBoolean() ? Lexicon.AND : Lexicon.BUT;
            position = adjectivePhrase(random, response, position);
        }
        response[position++] = Lexicon.FULL_STOP;
        return position;
    }

    private static int adjectivePhrase(RandomGenerator random, int[] response, int start) {
        int position = start;
        if (random.nextDouble() < ADVERB_PROBABILITY) {
            response[position++] = uniform(Lexicon.ADVERBS, random);
        }
        response[position++] = uniform(Lexicon.ADJECTIVES, random);
        return position;
    }

    private static int uniform(Lexicon.Range words, RandomGenerator random) {
        return words.first() + random.nextInt(words.count());
    }
}
