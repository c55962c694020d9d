package dev.daa.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.SharedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BytePairTrainerTest {
    private static final String EOS = "<|endoftext|>";

    @TempDir
    Path folder;

    /// The 743 merges of `BpeTrainer(vocab_size=1000, special_tokens=[EOS], initial_alphabet=ByteLevel.alphabet())`
    /// of Hugging Face tokenizers 0.23.2 on the same file.
    @Test
    void shakespeareGivesTheMergesOfHuggingFace() throws Exception {
        String text = Files.readString(SharedFiles.at("data/tinyshakespeare.txt"));
        BytePairTokenizer tokenizer = new BytePairTrainer().add(text).train(1000, EOS);
        List<String> merges = merges(tokenizer);
        assertThat(merges)
                .hasSize(743)
                .startsWith("Ġ t", "h e", "Ġ a", "o u", "Ġ s", "Ġ m")
                .endsWith("Ġli e", "c he", "Ġs et");
        byte[] digest = MessageDigest.getInstance("SHA-256")
                .digest(String.join("\n", merges).getBytes(StandardCharsets.UTF_8));
        assertThat(HexFormat.of().formatHex(digest))
                .isEqualTo("d4fe1dcd904e68a397942b3f06395bf6c7399293eb0477a6a7a8a8de1c807344");
        int[] ids = tokenizer.encode(text);
        assertThat(ids).hasSize(462_884);
        assertThat(tokenizer.decode(ids)).isEqualTo(text);
    }

    /// The example of Sennrich et al., table 1 (words without an end mark, so the first joins are of `es` and
    /// `est`).
    @Test
    void thePairThatIsMostFrequentIsJoinedFirst() {
        BytePairTrainer trainer = new BytePairTrainer();
        Map.of("low", 5, "lower", 2, "newest", 6, "widest", 3).forEach((word, count) -> {
            for (int i = 0; i < count; i++) {
                trainer.add(word);
            }
        });
        // e s 9; then es t 9; then l o 7; lo w 7; then among n e, e w, w est (6) the least ids.
        assertThat(merges(trainer.train(257 + 6, EOS))).containsExactly("e s", "es t", "l o", "lo w", "e w", "n ew");
    }

    @Test
    void runsOfOneByteAreJoinedFromTheLeft() {
        BytePairTokenizer tokenizer = new BytePairTrainer().add("aaaaa").train(300, EOS);
        assertThat(merges(tokenizer)).containsExactly("a a", "aa a", "aa aaa");
        assertThat(tokenizer.vocabulary()).isEqualTo(257 + 3);
    }

    @Test
    void everyByteIsKnownWhateverTheText() {
        BytePairTokenizer tokenizer = new BytePairTrainer().add("").train(257, EOS);
        String text = "naïve 🦙\u0000\n" + EOS + "x";
        int[] ids = tokenizer.encode(text);
        assertThat(tokenizer.decode(ids)).isEqualTo(text);
        assertThat(ids).contains(0).hasSize("naïve 🦙\u0000\nx".getBytes(StandardCharsets.UTF_8).length + 1);
        assertThat(tokenizer.eosTokenId()).hasValue(0);
        assertThat(tokenizer.special(0)).isTrue();
        assertThat(tokenizer.vocabulary()).isEqualTo(257);
    }

    @Test
    void theOrderOfTheTextsDoesNotMatter() {
        BytePairTokenizer one = new BytePairTrainer()
                .add("the soup")
                .add("a hot day")
                .add("the day")
                .train(290, EOS);
        BytePairTokenizer other = new BytePairTrainer()
                .add("the day")
                .add("a hot day")
                .add("the soup")
                .train(290, EOS);
        assertThat(one.files()).isEqualTo(other.files());
    }

    @Test
    void whatWasTrainedIsReadAgain() throws IOException {
        BytePairTokenizer trained = new BytePairTrainer()
                .add("how much wood would a woodchuck chuck")
                .train(280, EOS);
        for (Map.Entry<String, String> file : trained.files().entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        Tokenizer read = TokenizerFile.readFolder(folder);
        String text = "would chuck" + EOS + " it?";
        assertThat(read.encode(text)).containsExactly(trained.encode(text));
        assertThat(read.files()).isEqualTo(trained.files());
        assertThat(read.eosTokenId()).hasValue(0);
    }

    @Test
    void aVocabularyWithoutRoomForTheBytesIsRefused() {
        assertThatThrownBy(() -> new BytePairTrainer().train(256, EOS))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found 256, expected at least 257");
    }

    private static List<String> merges(BytePairTokenizer tokenizer) {
        String json = Objects.requireNonNull(tokenizer.files().get("tokenizer.json"));
        return JsonMapper.builder()
                .build()
                .readTree(json)
                .path("model")
                .path("merges")
                .valueStream()
                .map(JsonNode::stringValue)
                .toList();
    }
}
