package dev.daa.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordLevelTokenizerTest {
    private static final List<String> WORDS = List.of("<eos>", "the", "soup", "is", "good", ".", "café");

    @TempDir
    Path folder;

    @Test
    void wordsBecomeTheirPlaceInTheList() {
        WordLevelTokenizer tokenizer = WordLevelTokenizer.of(WORDS, "<eos>");
        assertThat(tokenizer.encode("the soup is good . <eos>")).containsExactly(1, 2, 3, 4, 5, 0);
        assertThat(tokenizer.decode(new int[] {1, 6, 3, 4, 5, 0})).isEqualTo("the café is good . <eos>");
        assertThat(tokenizer.encode("")).isEmpty();
        assertThat(tokenizer.decode(new int[0])).isEmpty();
        assertThat(tokenizer.vocabulary()).isEqualTo(7);
        assertThat(tokenizer.eosTokenId()).hasValue(0);
        assertThat(tokenizer.special(0)).isTrue();
        assertThat(tokenizer.special(1)).isFalse();
        assertThat(tokenizer.id("soup")).hasValue(2);
        assertThat(tokenizer.id("salad")).isEmpty();
        assertThat(tokenizer.token(2)).hasValue("soup");
        assertThat(tokenizer.token(-1)).isEmpty();
    }

    @Test
    void streamsGiveTheSameTextAsAWhole() {
        StreamingDecoder decoder = WordLevelTokenizer.of(WORDS, "<eos>").streamingDecoder();
        assertThat(decoder.accept(1)).isEqualTo("the");
        assertThat(decoder.accept(2)).isEqualTo(" soup");
        assertThat(decoder.accept(99)).isEmpty();
        assertThat(decoder.finish()).isEmpty();
    }

    @Test
    void unknownWordsAreNamed() {
        assertThatThrownBy(() -> WordLevelTokenizer.of(WORDS, "<eos>").encode("the salad"))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        "vocabulary: found the word \"salad\" in \"the salad\", expected words of the vocabulary of 7");
    }

    @Test
    void badVocabulariesAreRefused() {
        assertThatThrownBy(() -> WordLevelTokenizer.of(List.of("a", "b", "a"), "a"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found the word \"a\" twice");
        assertThatThrownBy(() -> WordLevelTokenizer.of(List.of("a", "b c"), "a"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("without white space");
        assertThatThrownBy(() -> WordLevelTokenizer.of(List.of("a"), "b"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found no word \"b\"");
    }

    @Test
    void filesComeBackAsTheyWere() throws IOException {
        WordLevelTokenizer written = WordLevelTokenizer.of(WORDS, "<eos>");
        for (Map.Entry<String, String> file : written.files().entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        Tokenizer read = TokenizerFile.readFolder(folder);
        assertThat(read).isInstanceOf(WordLevelTokenizer.class);
        assertThat(read.files()).isEqualTo(written.files());
        assertThat(read.encode("the soup is<eos> good")).containsExactly(1, 2, 3, 0, 4);
        assertThat(read.eosTokenId()).hasValue(0);
        assertThat(read.special(0)).isTrue();
    }
}
