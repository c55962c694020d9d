package dev.daa.eval.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceReviewsTest {
    private static final int SAMPLES = 40_000;

    @ParameterizedTest
    @EnumSource
    void samplesAreWellFormedAndHaveTheSpecifiedMoments(Item item) {
        RandomGenerator random = new SplittableRandom(7 + item.ordinal());
        int[] response = new int[ReviewsWorld.RESPONSE_LIMIT];
        double goldSum = 0;
        double goldSquares = 0;
        double lengthSum = 0;
        double surpriseSum = 0;
        double surpriseSquares = 0;
        int broken = 0;
        for (int k = 0; k < SAMPLES; k++) {
            int length = ReferenceReviews.sample(item, random, response);
            ReviewGold gold = ReviewsWorld.goldReward(item, response, length);
            double surprise = -ReferenceReviews.logProb(item, response, length);
            broken += gold.violations() + gold.offTopic() + Math.abs(gold.length() - length);
            goldSum += gold.reward();
            goldSquares += gold.reward() * gold.reward();
            lengthSum += length;
            surpriseSum += surprise;
            surpriseSquares += surprise * surprise;
        }
        double meanGold = goldSum / SAMPLES;
        double meanSurprise = surpriseSum / SAMPLES;
        assertThat(broken).isZero();
        assertThat(meanGold).isEqualTo(-0.1929, within(5 * 1.37 / Math.sqrt(SAMPLES)));
        assertThat(Math.sqrt(goldSquares / SAMPLES - meanGold * meanGold)).isEqualTo(1.37, within(0.025));
        assertThat(lengthSum / SAMPLES).isEqualTo(19.36, within(5 * 8.0 / Math.sqrt(SAMPLES)));
        double surpriseDeviation = Math.sqrt(surpriseSquares / SAMPLES - meanSurprise * meanSurprise);
        assertThat(meanSurprise)
                .isEqualTo(ReferenceReviews.entropy(), within(5 * surpriseDeviation / Math.sqrt(SAMPLES)));
    }

    @Test
    void entropyIsTheSumOverTheChoices() {
        double adjectivePhrase = coin(.4) + Math.log(18) + .4 * Math.log(6);
        double forms = -.45 * Math.log(.45) - 2 * .2 * Math.log(.2) - .15 * Math.log(.15);
        double words = (.45 + 2 * .2 + .15) * adjectivePhrase + .2 * Math.log(2) + .35 * Math.log(9);
        double count = -.2 * Math.log(.2) - .35 * Math.log(.35) - .3 * Math.log(.3) - .15 * Math.log(.15);
        double aspects = .2 * Math.log(5) + .35 * Math.log(20) + .3 * Math.log(60) + .15 * Math.log(120);
        double closing = coin(.5) + .5 * Math.log(18);

        assertThat(ReferenceReviews.entropy())
                .isEqualTo(count + aspects + 2.4 * (forms + words) + closing, within(1e-12));
        assertThat(ReferenceReviews.entropy()).isEqualTo(22.3312, within(5e-5));
    }

    @Test
    void logProbIsTheProductOfTheChoices() {
        assertProbability("the room was good . <eos>", .20 / 5 * .45 * .6 / 18 * .5);
        assertProbability("the bed was very good . <eos>", .20 / 5 * .45 * .4 / 6 / 18 * .5);
        assertProbability("the bed was very good but bad . <eos>", .20 / 5 * .20 * (.4 / 6 / 18) * .5 * (.6 / 18) * .5);
        assertProbability("i loved the view . <eos>", .20 / 5 * .20 / 9 * .5);
        assertProbability(
                "i loved the view because it was not odd . overall , a fine hotel . <eos>",
                .20 / 5 * .15 / 9 * (.4 / 6 / 18) * .5 / 18);
        assertProbability(
                "i loved the view . i hated the bed . i liked the staff . <eos>",
                .30 / (5 * 4 * 3) * Math.pow(.20 / 9, 3) * .5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<eos>",
                "the room was good .",
                "the room was good <eos>",
                "the room was good . the <eos>",
                "the room was good . <eos> <eos>",
                "the room was good . <eos> the bed was good .",
                "the room . <eos>",
                "the plot was good . <eos>",
                "the room was good . i loved the room . <eos>",
                "overall , a good hotel . <eos>",
                "overall , a good hotel . the room was good . <eos>",
                "the room was good . overall , a good film . <eos>",
                "the room was good . overall , a good hotel . overall , a good hotel . <eos>",
                "i loved the room . i loved the bed . i loved the view . i loved the staff . i loved the breakfast ."
                        + " <eos>"
            })
    void whatTheReferenceNeverGeneratesHasProbabilityZero(String response) {
        assertThat(logProb(Item.HOTEL, response)).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test
    void reviewsOfOneStatementSumToTheirShare() {
        List<String> adjectivePhrases = new ArrayList<>(Lexicon.vocabulary().subList(53, 71));
        for (String adverb : Lexicon.vocabulary().subList(71, 77)) {
            Lexicon.vocabulary().subList(53, 71).forEach(adjective -> adjectivePhrases.add(adverb + " " + adjective));
        }
        List<String> statements = new ArrayList<>();
        for (String first : adjectivePhrases) {
            statements.add("the exam was " + first + " .");
            for (String second : adjectivePhrases) {
                statements.add("the exam was " + first + " and " + second + " .");
                statements.add("the exam was " + first + " but " + second + " .");
            }
        }
        for (String verb : Lexicon.vocabulary().subList(77, 86)) {
            statements.add("i " + verb + " the exam .");
            adjectivePhrases.forEach(
                    phrase -> statements.add("i " + verb + " the exam because it was " + phrase + " ."));
        }
        double open = 0;
        double closed = 0;
        for (String statement : statements) {
            open += Math.exp(logProb(Item.COURSE, statement + " <eos>"));
            closed += Math.exp(logProb(Item.COURSE, statement + " overall , a weak course . <eos>"));
        }

        assertThat(statements).hasSize(126 + 2 * 126 * 126 + 9 + 9 * 126);
        assertThat(open).isEqualTo(.20 / 5 * .5, within(1e-12));
        assertThat(closed).isEqualTo(.20 / 5 * .5 / 18, within(1e-12));
    }

    @Test
    void shortReviewsAreAsFrequentAsTheirProbability() {
        RandomGenerator random = new SplittableRandom(33);
        int[] response = new int[ReviewsWorld.RESPONSE_LIMIT];
        Map<String, Integer> counts = new HashMap<>();
        int draws = 400_000;
        for (int k = 0; k < draws; k++) {
            int length = ReferenceReviews.sample(Item.BOOK, random, response);
            if (length == 6) {
                counts.merge(Lexicon.decode(response, length), 1, Integer::sum);
            }
        }
        // i VERB the ASPECT . and the ASPECT was ADJECTIVE . : Pearson's χ² over all 45 + 90 reviews of length 6.
        double chiSquared = 0;
        for (String aspect : Item.BOOK.aspects()) {
            for (String verb : Lexicon.vocabulary().subList(77, 86)) {
                chiSquared += chiSquared(counts, "i " + verb + " the " + aspect + " . <eos>", draws);
            }
            for (String adjective : Lexicon.vocabulary().subList(53, 71)) {
                chiSquared += chiSquared(counts, "the " + aspect + " was " + adjective + " . <eos>", draws);
            }
        }
        assertThat(counts).hasSize(45 + 90);
        assertThat(chiSquared).isBetween(135 - 5 * Math.sqrt(2 * 135), 135 + 5 * Math.sqrt(2 * 135));
    }

    @Test
    void theSameSeedGivesTheSameReviews() {
        int[] first = new int[47];
        int[] second = new int[47];
        RandomGenerator one = new SplittableRandom(5);
        RandomGenerator two = new SplittableRandom(5);
        for (int k = 0; k < 33; k++) {
            assertThat(ReferenceReviews.sample(Item.CAR, one, first))
                    .isEqualTo(ReferenceReviews.sample(Item.CAR, two, second));
            assertThat(first).isEqualTo(second);
        }
        assertThatThrownBy(() -> ReferenceReviews.sample(Item.CAR, one, new int[46]))
                .hasMessageContaining("46")
                .hasMessageContaining("47");
    }

    private static double chiSquared(Map<String, Integer> counts, String response, int draws) {
        double expected = draws * Math.exp(logProb(Item.BOOK, response));
        double difference = counts.getOrDefault(response, 0) - expected;
        return difference * difference / expected;
    }

    private static void assertProbability(String response, double probability) {
        assertThat(logProb(Item.HOTEL, response)).isEqualTo(Math.log(probability), within(1e-12));
    }

    private static double logProb(Item item, String response) {
        int[] ids = Lexicon.encode(response);
        return ReferenceReviews.logProb(item, ids, ids.length);
    }

    private static double coin(double p) {
        return -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    }
}
