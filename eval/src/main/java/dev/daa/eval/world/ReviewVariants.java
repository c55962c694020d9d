package dev.daa.eval.world;

import java.util.random.RandomGenerator;

/// Changed reviews: what a preference pair's neighbours look like.
public final class ReviewVariants {
    private ReviewVariants() {}

    /// The same review in other words: every adjective becomes the one next to it in sentiment, upwards or
    /// downwards at random, and every verb likewise; structure, aspects and length stay.
    public static int[] paraphrase(int[] response, RandomGenerator random) {
        int[] other = response.clone();
        for (int t = 0; t < other.length; t++) {
            if (Lexicon.ADJECTIVES.contains(other[t])) {
                other[t] = neighbour(other[t], Lexicon.ADJECTIVES, random);
            } else if (Lexicon.VERBS.contains(other[t])) {
                other[t] = neighbour(other[t], Lexicon.VERBS, random);
            }
        }
        return other;
    }

    /// Adjectives and verbs stand in the order of their sentiment.
    private static int neighbour(int id, Lexicon.Range range, RandomGenerator random) {
        boolean up = random.nextBoolean();
        if (id == range.first()) {
            return id + 1;
        }
        if (id == range.end() - 1) {
            return id - 1;
        }
        return up ? id - 1 : id + 1;
    }

    /// No review at all: as many words drawn uniformly from the vocabulary, the end of sequence last.
    public static int[] gibberish(int length, RandomGenerator random) {
        int[] words = new int[length];
        for (int t = 0; t + 1 < length; t++) {
            words[t] = 1 + random.nextInt(Lexicon.SIZE - 1);
        }
        words[length - 1] = Lexicon.EOS;
        return words;
    }
}
