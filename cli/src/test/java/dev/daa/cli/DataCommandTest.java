package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataCommandTest {
    @TempDir
    Path folder;

    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @Test
    void reportsAFile() throws IOException {
        Path file = Files.writeString(
                folder.resolve("rows.jsonl"),
                "{\"prompt_ids\":[1],\"chosen_ids\":[3,4],\"rejected_ids\":[2]}\n"
                        + "{\"prompt_ids\":[1],\"chosen_ids\":[3],\"rejected_ids\":[]}\n");
        Path model = SmallFiles.model(folder.resolve("model"));
        assertThat(terminal.run("data", "check", file.toString(), "--model", model.toString()))
                .isZero();
        assertThat(terminal.out())
                .startsWith(file + ": 2 rows\n  2 pairs: prompt, chosen, rejected\n  1 distinct prompts\n"
                        + "  2 pairs; the chosen response is the longer one in 100.0 %\nlength in tokens\n"
                        + "  prompt       mean 1.0, median 1, 95 % up to 1, longest 1\n")
                .contains("        1 empty response: line 2\n", "        0 duplicate of an earlier row\n");
    }

    /// No row is in no pair; for objectives without pairs nothing is wrong with that.
    @Test
    void saysWhoTakesRowsInNoPair() throws IOException {
        Path file = Files.writeString(
                folder.resolve("rows.jsonl"),
                "{\"prompt\":\"a\",\"completion\":\"b\",\"label\":true}\n"
                        + "{\"prompt\":\"c\",\"completion\":\"d\",\"label\":true}\n"
                        + "{\"prompt\":\"e\",\"completion\":\"f\",\"label\":false}\n");
        assertThat(terminal.run("data", "check", file.toString())).isZero();
        assertThat(terminal.out())
                .contains(
                        "  2 desirable and 1 undesirable responses; kto and bco take each, in a pair or not\n",
                        "        3 in no pair, without a better or worse response to the same prompt: lines 1, 2, 3\n");
    }

    /// "ab" is no word, so that the two texts are cut in another way together than apart.
    @Test
    void namesTheRowOfAWordThatTheTokenizerLacks() throws IOException {
        Path model = SmallFiles.model(folder.resolve("model"));
        for (Map.Entry<String, String> written : WordLevelTokenizer.of(List.of("<end>", "a", "b"), "<end>")
                .files()
                .entrySet()) {
            Files.writeString(model.resolve(written.getKey()), written.getValue());
        }
        Path file = Files.writeString(folder.resolve("words.jsonl"), "{\"prompt\":\"a\",\"response\":\"b\"}\n");
        assertThat(terminal.run("data", "check", file.toString(), "--model", model.toString()))
                .isZero();
        assertThat(terminal.out()).containsPattern(" 1 .*: line 1\n");
        Files.writeString(file, "{\"prompt\":\"a\",\"response\":\"b x\"}\n");
        assertThat(terminal.run("data", "check", file.toString(), "--model", model.toString()))
                .isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: " + file + ":1: response: " + model.resolve("tokenizer.json")
                        + ": found the word \"x\" in \"b x\", expected words of the vocabulary of 3\n");
    }

    @Test
    void saysWhatIsMissing() {
        assertThat(terminal.run("data", "check")).isEqualTo(2);
        assertThat(terminal.err())
                .startsWith("daa: command line: missing key file (")
                .hasLineCount(1);
        RecordedTerminal absent = new RecordedTerminal(false);
        assertThat(absent.run("data", "check", folder + "/absent.jsonl")).isEqualTo(2);
        assertThat(absent.err()).isEqualTo("daa: " + folder + "/absent.jsonl: no such file\n");
    }
}
