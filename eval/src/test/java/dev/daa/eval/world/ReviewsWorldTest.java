package dev.daa.eval.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Gold rewards worked out by hand from the specification; S, V, O and L are the columns, the reward is their formula.
class ReviewsWorldTest {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
        # every form of statement
        HOTEL | the room was great . <eos>                                       |  1.5  | 0 | 0 | 6
        HOTEL | the room was not great . <eos>                                   | -1.2  | 0 | 0 | 7
        HOTEL | the room was very good and not bad . <eos>                       |  2.46 | 0 | 0 | 10
        HOTEL | the room was awful but hardly dull . <eos>                       | -1.5  | 0 | 0 | 9
        HOTEL | i regret the staff . <eos>                                       | -1.5  | 0 | 0 | 6
        HOTEL | i loved the staff because it was slightly odd . <eos>            |  1.65 | 0 | 0 | 11
        # closings
        HOTEL | i hated the view . overall , a terrible hotel . <eos>            | -3.8  | 0 | 0 | 12
        HOTEL | overall , a superb hotel . <eos>                                 |  2    | 1 | 0 | 7
        HOTEL | overall , a superb hotel . the room was good . <eos>             |  3    | 1 | 0 | 12
        HOTEL | the room was good . overall , a good hotel . overall , a great hotel . <eos> | 2 | 1 | 0 | 18
        HOTEL | overall , a good hotel . overall , a great hotel . <eos>         |  1    | 1 | 0 | 13
        HOTEL | the room was good . overall , a good hotel . good . <eos>        |  2    | 2 | 0 | 14
        HOTEL | the room was good . overall , a good hotel . the <eos>           |  2    | 1 | 0 | 13
        HOTEL | overall , a good hotel . the <eos>                               |  1    | 2 | 0 | 8
        HOTEL | good . overall , a good hotel . <eos>                            |  1    | 1 | 0 | 9
        HOTEL | the room was good . overall , a good film . <eos>                |  1    | 0 | 1 | 12
        HOTEL | overall , a good film . <eos>                                    |  0    | 1 | 1 | 7
        HOTEL | overall , a good film . overall , a great hotel . <eos>          |  1.5  | 1 | 1 | 13
        # ends
        HOTEL | the room was great .                                             |  1.5  | 1 | 0 | 5
        HOTEL | the room was great . the bed <eos>                               |  1.5  | 1 | 0 | 8
        HOTEL | the room was great . the bed                                     |  1.5  | 2 | 0 | 7
        HOTEL | the room was great <eos>                                         |  0    | 1 | 0 | 5
        HOTEL | the room was great                                               |  0    | 2 | 0 | 4
        HOTEL | <eos>                                                            |  0    | 1 | 0 | 1
        HOTEL | ''                                                               |  0    | 2 | 0 | 0
        HOTEL | the room was great . <eos> the bed was awful .                   |  1.5  | 0 | 0 | 6
        HOTEL | <eos> <eos>                                                      |  0    | 1 | 0 | 1
        # repetition
        HOTEL | the room was great . i hated the room . <eos>                    |  1.5  | 1 | 0 | 11
        HOTEL | i hated the room . the room was great . the room was good . <eos>| -1.8  | 2 | 0 | 16
        HOTEL | the room was . the room was good . <eos>                         |  1    | 1 | 0 | 10
        # off topic
        HOTEL | the plot was great . <eos>                                       |  0    | 0 | 1 | 6
        HOTEL | the plot was great . the plot was bad . <eos>                    |  0    | 1 | 2 | 11
        HOTEL | the price was good . the room was good . <eos>                   |  1    | 0 | 1 | 11
        FILM  | the plot was great . <eos>                                       |  1.5  | 0 | 0 | 6
        GAME  | the music was great . the levels was fine . <eos>                |  1.9  | 0 | 0 | 11
        # length: free up to 20, then 0.08 a token; the number of statements is free
        CAR   | the engine was good . the seats was good . i liked the brakes . the radio was quite good . | 4.2 | 1 | 0 | 21
        CAR   | the engine was good . the seats was good . the brakes was very odd . <eos> | 1.55 | 0 | 0 | 17
        CAR   | the engine was good and good . the seats was good . the brakes was very odd . <eos> | 2.55 | 0 | 0 | 19
        CAR   | the engine was good and very good . the seats was good . the brakes was very odd . <eos> | 3.05 | 0 | 0 | 20
        CAR   | the engine was very good and very good . the seats was good . the brakes was very odd . <eos> | 3.55 | 0 | 0 | 21
        HOTEL | i loved the room because it was very good . i loved the bed because it was very good . the view was good . <eos> | 7.6 | 0 | 0 | 26
        HOTEL | the room was good . the bed was good . the view was good . the breakfast was good . the staff was good . <eos> | 5 | 0 | 0 | 26
        """)
    void rewardIsTheFormulaOfHandCountedParts(
            Item item, String response, double sentiment, int violations, int offTopic, int length) {
        ReviewGold gold = ReviewsWorld.goldReward(item, Lexicon.encode(response));

        assertThat(gold.violations()).as("V").isEqualTo(violations);
        assertThat(gold.offTopic()).as("O").isEqualTo(offTopic);
        assertThat(gold.length()).as("L").isEqualTo(length);
        assertThat(gold.sentiment()).as("S").isEqualTo(sentiment, within(1e-12));
        double excess = length <= 20 ? 0 : length - 20;
        assertThat(gold.reward())
                .isEqualTo(3 * Math.tanh(sentiment / 4) - violations - 0.7 * offTopic - 0.08 * excess, within(1e-12));
    }

    @Test
    void rewardInNumbers() {
        assertThat(gold("the room was great . <eos>")).isEqualTo(1.0750722, within(5e-8));
        assertThat(gold("<eos>")).isEqualTo(-1);
        assertThat(gold("")).isEqualTo(-2);
        assertThat(gold("the plot was average . <eos>")).isEqualTo(-0.7);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".",
                "the .",
                "the room .",
                "the room was .",
                "the room was very .",
                "the room was very very good .",
                "the room was good very .",
                "the room was great great .",
                "the room was good and .",
                "the room was good and bad and good .",
                "the room was good but was bad .",
                "the room was loved .",
                "the hotel was great .",
                "room was great .",
                "was great .",
                "a room was great .",
                "the room was , great .",
                "i .",
                "i loved .",
                "i loved the .",
                "i loved room .",
                "i the room .",
                "i very loved the room .",
                "i loved the room because .",
                "i loved the room because it was .",
                "i loved the room because it was good and bad .",
                "i loved the room because the bed was good .",
                "i loved the room was good .",
                "i good the room .",
                "overall .",
                "overall a good hotel .",
                "overall , good hotel .",
                "overall , a hotel .",
                "overall , a very good hotel .",
                "overall , a good room .",
                "overall , a good hotel hotel .",
                "overall , the good hotel .",
                "review hotel : the room was good ."
            })
    void sentencesThatTheGrammarDoesNotProduceCostOneEach(String sentence) {
        assertThat(gold(sentence + " <eos>")).isEqualTo(-1);
        assertThat(ReviewsWorld.goldReward(Item.HOTEL, Lexicon.encode("the bed was good . " + sentence + " <eos>")))
                .extracting(ReviewGold::violations, ReviewGold::sentiment, ReviewGold::offTopic)
                .containsExactly(1, 1.0, 0);
    }

    @Test
    void onlyTheGivenLengthIsRead() {
        int[] tokens = Lexicon.encode("the room was great . the bed was bad . <eos>");

        assertThat(ReviewsWorld.goldReward(Item.HOTEL, tokens, 5))
                .isEqualTo(ReviewsWorld.goldReward(Item.HOTEL, Lexicon.encode("the room was great .")));
        assertThatThrownBy(() -> ReviewsWorld.goldReward(Item.HOTEL, tokens, 12))
                .hasMessage("response length 12, but 11 tokens are given");
    }

    @Test
    void evaluationReadsTheItemFromThePrompt() {
        int[] response = Lexicon.encode("the plot was great . <eos>");

        assertThat(ReviewsWorld.gold().reward(Lexicon.encode("review film :"), response))
                .isEqualTo(1.0750722, within(5e-8));
        assertThat(ReviewsWorld.gold().reward(Lexicon.encode("review hotel :"), response))
                .isEqualTo(-0.7);
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() {
        assertThatThrownBy(() -> ReviewsWorld.goldReward(Item.HOTEL, new int[] {3, 86}))
                .hasMessage("token id 86 is outside the reviews vocabulary 0..85");
        assertThatThrownBy(() -> ReviewsWorld.goldReward(Item.HOTEL, new int[] {-1}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @EnumSource
    void promptsNameTheirItem(Item item) {
        int[] prompt = ReviewsWorld.prompt(item);

        assertThat(Lexicon.decode(prompt)).isEqualTo("review " + item.word() + " :");
        assertThat(ReviewsWorld.itemOf(prompt)).isEqualTo(item);
    }

    @ParameterizedTest
    @ValueSource(strings = {"review hotel", "review room :", "hotel review :", "review hotel : the", ""})
    void otherPromptsAreRefused(String prompt) {
        assertThatThrownBy(() -> ReviewsWorld.itemOf(Lexicon.encode(prompt)))
                .hasMessage("'" + prompt + "' is not a prompt 'review ITEM :'");
    }

    private static double gold(String response) {
        return ReviewsWorld.goldReward(Item.HOTEL, Lexicon.encode(response)).reward();
    }
}
