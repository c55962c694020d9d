package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.data.DataCheck.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
