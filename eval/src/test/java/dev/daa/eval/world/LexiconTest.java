package dev.daa.eval.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LexiconTest {
    /// The specification's words, read in its order; a repeated aspect is one word.
    private static final String SPECIFIED = """
        <eos> review : the was and but i because it . , overall a
        hotel film phone restaurant book car game course
        room bed view breakfast staff plot cast ending music pace screen battery camera speaker price
        food menu service prose cover hero engine seats brakes radio levels controls teacher lessons homework exam
        superb great lovely good solid nice decent fine okay average odd dull weak messy poor bad awful terrible
        very quite rather slightly hardly not
        loved recommend enjoyed liked noticed tolerated disliked regret hated
        """;

    @Test
    void vocabularyIsTheSpecified86WordsInOrder() {
        assertThat(Lexicon.vocabulary()).containsExactly(SPECIFIED.strip().split("\\s+"));
        assertThat(Lexicon.SIZE).isEqualTo(86);
        assertThat(Lexicon.word(Lexicon.EOS)).isEqualTo("<eos>");
    }

    @Test
    void textAndIdsRoundTrip() {
        int[] ids = Lexicon.encode(SPECIFIED);

        assertThat(ids).containsExactly(java.util.stream.IntStream.range(0, 86).toArray());
        assertThat(Lexicon.encode(Lexicon.decode(ids))).containsExactly(ids);
        assertThat(Lexicon.decode(ids, 3)).isEqualTo("<eos> review :");
        assertThat(Lexicon.encode("  ")).isEmpty();
        assertThat(Lexicon.decode(new int[0])).isEmpty();
    }

    @Test
    void unknownWordsAndIdsAreRefusedByName() {
        assertThatThrownBy(() -> Lexicon.encode("the spa"))
                .hasMessage("'spa' is not one of the 86 words of the reviews world");
        assertThatThrownBy(() -> Lexicon.word(86)).hasMessageContaining("86").hasMessageContaining("0..85");
    }
}
