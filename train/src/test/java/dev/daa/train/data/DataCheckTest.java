package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.WordLevelTokenizer;
import dev.daa.train.TinyModels;
import dev.daa.train.data.DataCheck.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataCheckTest {
    @TempDir
    Path folder;

    /// Counted once with another program: the rule of Anthropic's data, an empty response is one of white space.
    @Test
    void findsWhatIsKnownOfTheHarmlessTestSet() {
        DataReport report = DataCheck.of(SharedData.at("hh-harmless-base-test.jsonl.gz"), null, RowConfig.DEFAULT);
        assertThat(report.rows()).isEqualTo(2312);
        assertThat(report.pairs()).isEqualTo(2312);
        assertThat(report.layouts()).isEqualTo(Map.of(RowLayout.DIALOGUES.meaning(), 2312L));
        assertThat(report.findings().get(Finding.DIFFERENT_PROMPTS)).containsExactly(1255L, 1689L, 1951L, 1953L, 2037L);
        assertThat(report.findings().get(Finding.EMPTY_RESPONSE)).containsExactly(87L, 517L, 926L, 1104L);
        assertThat(report.count(Finding.IDENTICAL_RESPONSES)).isZero();
        assertThat(report.count(Finding.DUPLICATE)).isZero();
    }

    @Test
    void countsEachFindingOnceARow() throws IOException {
        Path file = Files.write(
                folder.resolve("rows.jsonl"),
                List.of(
                        "{\"prompt\":\"a\",\"chosen\":\"bb\",\"rejected\":\"c\"}",
                        "{\"prompt\":\"a\",\"chosen\":\"\",\"rejected\":\"\"}",
                        "{\"prompt\":\"a\",\"chosen\":\"bb\",\"rejected\":\"c\"}",
                        "{\"prompt\":\"abc\",\"completion\":\"x\",\"label\":true}"));
        DataReport report = DataCheck.of(file, null, RowConfig.DEFAULT);
        assertThat(report.findings())
                .isEqualTo(Map.of(
                        Finding.EMPTY_RESPONSE, List.of(2L),
                        Finding.IDENTICAL_RESPONSES, List.of(2L),
                        Finding.DUPLICATE, List.of(3L),
                        Finding.UNPAIRED, List.of(4L)));
        assertThat(report.distinctPrompts()).isEqualTo(2);
        assertThat(report.pairs()).isEqualTo(3);
        assertThat(report.longerChosen()).isEqualTo(2);
        assertThat(report.unit()).isEqualTo("characters");
        assertThat(report.lengths().get("prompt")).isEqualTo(new DataReport.Lengths(1.5, 1, 3, 3));
        assertThat(report.lengths().get("chosen")).isEqualTo(new DataReport.Lengths(4 / 3.0, 2, 2, 2));
        assertThat(report.desirable()).isEqualTo(1);
        assertThat(report.undesirable()).isZero();
    }

    /// Twenty lengths 1 to 20: the middle two are 10 and 11, and 19 of 20 are 95 %.
    @Test
    void measuresIdsInTokensAndTextInCharacters() throws IOException {
        List<String> rows = new ArrayList<>();
        for (int length = 1; length <= 20; length++) {
            rows.add("{\"prompt_ids\":[7],\"response_ids\":" + Collections.nCopies(length, 5) + "}");
        }
        Path file = Files.write(folder.resolve("ids.jsonl"), rows);
        DataReport report = DataCheck.of(file, null, RowConfig.DEFAULT);
        assertThat(report.unit()).isEqualTo("tokens");
        assertThat(report.lengths().get("response")).isEqualTo(new DataReport.Lengths(10.5, 10.5, 19, 20));
        Files.write(file, List.of("{\"prompt\":\"é😀\",\"response_ids\":[5,6]}"));
        report = DataCheck.of(file, null, RowConfig.DEFAULT);
        assertThat(report.unit()).isEqualTo("characters of text and tokens of ids");
        assertThat(report.lengths())
                .isEqualTo(Map.of(
                        "prompt", new DataReport.Lengths(2, 2, 2, 2), "response", new DataReport.Lengths(2, 2, 2, 2)));
    }

    /// What a reader for training leaves out of rows of ids, although the model has no tokenizer.
    @Test
    void findsInIdsWhatTrainingLeavesOutOrRefuses() throws IOException {
        Path file = Files.write(
                folder.resolve("ids.jsonl"),
                List.of(
                        "{\"prompt_ids\":[1,2,3],\"response_ids\":[4,5]}",
                        "{\"prompt_ids\":[1,2,3],\"response_ids\":[4]}",
                        "{\"prompt_ids\":[],\"response_ids\":[4]}"));
        RowConfig four = new RowConfig(4, 0, RowConfig.TooLong.DROP, "helpfulness", null);
        assertThat(DataCheck.of(file, null, four).findings())
                .isEqualTo(Map.of(Finding.TOO_LONG, List.of(1L), Finding.NOTHING_TO_SCORE, List.of(3L)));
        DataReader reader = DataReader.ofIds(9).forTraining(four);
        assertThat(reader.examples(file)).hasSize(1);
        assertThat(reader.summaries().getFirst().leftOut()).isEqualTo(Map.of("too_long", 1L, "nothing_to_score", 1L));
        Files.write(file, List.of("{\"prompt_ids\":[1],\"response_ids\":\"4\"}"));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> DataCheck.of(file, null, RowConfig.DEFAULT))
                .withMessage(file + ":1: response_ids: found \"4\", expected a list of token ids");
    }

    @Test
    void pairsMadeOfOneResponseAreIdenticalToo() throws IOException {
        Path file = Files.write(
                folder.resolve("labels.jsonl"),
                List.of(
                        "{\"prompt\":\"a\",\"completion\":\"x\",\"label\":true}",
                        "{\"prompt\":\"b\",\"completion\":\"y\",\"label\":true}",
                        "{\"prompt\":\"a\",\"completion\":\"z\",\"label\":true}",
                        "{\"prompt\":\"a\",\"completion\":\"x\",\"label\":false}"));
        assertThat(DataCheck.of(file, null, RowConfig.DEFAULT).findings())
                .isEqualTo(Map.of(Finding.IDENTICAL_RESPONSES, List.of(1L), Finding.UNPAIRED, List.of(2L, 3L)));
    }

    @Test
    void countsWhatResponsesJudgedAloneAreFor() throws IOException {
        Path file = Files.write(
                folder.resolve("rated.jsonl"),
                List.of(
                        "{\"prompt\":\"a\",\"response\":\"long\",\"helpfulness\":4}",
                        "{\"prompt\":\"a\",\"response\":\"b\",\"helpfulness\":2}",
                        "{\"prompt\":\"c\",\"response\":\"d\",\"helpfulness\":3}"));
        DataReport report = DataCheck.of(file, null, new RowConfig(0, 0, RowConfig.TooLong.DROP, "helpfulness", 3.0));
        assertThat(report.desirable()).isEqualTo(2);
        assertThat(report.undesirable()).isEqualTo(1);
        assertThat(report.pairs()).isEqualTo(1);
        assertThat(report.longerChosen()).isEqualTo(1);
        assertThat(report.findings()).isEqualTo(Map.of(Finding.UNPAIRED, List.of(3L)));
        DataReport undecided = DataCheck.of(file, null, RowConfig.DEFAULT);
        assertThat(undecided.desirable() + undecided.undesirable()).isZero();
    }

    /// An answer by the template is `b <stop> d` and trained as `b <stop>`; plain text gets its end.
    @Test
    void measuresResponsesAsTheyAreTrained() throws IOException {
        Path model = TinyModels.writeLanguage(folder.resolve("model"), 1);
        for (Map.Entry<String, String> written : WordLevelTokenizer.of(
                        List.of("<end>", "a", "b", "c", "d", "<stop>"), "<end>")
                .files()
                .entrySet()) {
            Files.writeString(model.resolve(written.getKey()), written.getValue());
        }
        Files.writeString(
                model.resolve("chat_template.jinja"),
                "{% for m in messages %}{{ m.content + ' <stop> d ' }}{% endfor %}");
        Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\":[0,5]}");
        Path file = Files.write(
                folder.resolve("chats.jsonl"),
                List.of(
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
                                + "{\"role\":\"assistant\",\"content\":\"b\"}]}",
                        "{\"prompt\":\"a\",\"response\":\" b b\"}",
                        "{\"prompt\":\"a\",\"response\":\" \"}"));
        RowConfig five = new RowConfig(5, 0, RowConfig.TooLong.DROP, "helpfulness", null);
        DataReader reader = DataReader.of(ModelFolder.open(model)).forTraining(five);
        assertThat(reader.examples(file)).extracting(Sequence::length).containsExactly(5, 4);
        DataReport report = DataCheck.of(file, ModelFolder.open(model), five);
        assertThat(report.findings()).isEqualTo(Map.of(Finding.EMPTY_RESPONSE, List.of(3L)));
        assertThat(report.lengths())
                .isEqualTo(Map.of(
                        "prompt", new DataReport.Lengths(5 / 3.0, 1, 3, 3),
                        "response", new DataReport.Lengths(5 / 3.0, 2, 3, 3)));
    }

    @Test
    void aFileWithoutRowsIsRefused() throws IOException {
        Path blank = Files.writeString(folder.resolve("blank.jsonl"), "\n  \n");
        assertThatThrownBy(() -> DataCheck.of(blank, null, RowConfig.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessage(blank + ": found no rows, expected at least one");
        Path text = Files.writeString(folder.resolve("book.txt"), "Call me Ishmael.");
        assertThatThrownBy(() -> DataCheck.of(text, null, RowConfig.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessage(text + ": found a plain text, expected rows; sft cuts a text into blocks of --max-length"
                        + " tokens");
    }
}
