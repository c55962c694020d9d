package dev.daa.eval.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReviewVariantsTest {
    /// A paraphrase is as well-formed as its review, as long, and close in gold reward, yet other words.
    @Test
    void aParaphraseKeepsEverythingButTheWords() {
        Random random = new Random(3);
        int[] buffer = new int[ReferenceReviews.MAXIMUM_LENGTH];
        double change = 0;
        for (int trial = 0; trial < 300; trial++) {
            Item item = ReviewsWorld.item(random);
            int[] review = Arrays.copyOf(buffer, ReferenceReviews.sample(item, random, buffer));
            int[] other = ReviewVariants.paraphrase(review, random);
            assertThat(other).hasSameSizeAs(review).isNotEqualTo(review);
            ReviewGold before = ReviewsWorld.goldReward(item, review);
            ReviewGold after = ReviewsWorld.goldReward(item, other);
            assertThat(after.violations()).isZero();
            assertThat(ReferenceReviews.logProb(item, other, other.length))
                    .isCloseTo(ReferenceReviews.logProb(item, review, review.length), within(1e-9));
            change += Math.abs(after.reward() - before.reward());
        }
        assertThat(change / 300).isLessThan(0.6);
    }

    @Test
    void gibberishIsNoReview() {
        Random random = new Random(3);
        for (int trial = 0; trial < 50; trial++) {
            int[] words = ReviewVariants.gibberish(12, random);
            assertThat(words).hasSize(12).endsWith(Lexicon.EOS);
            assertThat(ReferenceReviews.logProb(Item.values()[0], words, 12)).isEqualTo(Double.NEGATIVE_INFINITY);
            assertThat(Arrays.copyOf(words, 11)).doesNotContain(Lexicon.EOS);
        }
    }
}
