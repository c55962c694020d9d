package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.run.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The report of a study's folder is made of what its runs left, whatever became of an earlier one.
final class ReportCommandTest {
    private static final String REVIEWS = """
        title: tiny
        objectives: [{name: dpo, betas: [0.1, 1.0]}]
        sizes: [{name: tiny, width: 16, layers: 1, heads: 2}]
        seeds: [1]
        sft: {steps: 7, batch: 13, learning_rate: 3e-3}
        preferences: {pairs: 33, held_out: 7}
        proxies: {models: [{name: one}], training: {batch: 8}}
        best_of_n: {samples: 2}
        align: {epochs: 2, batch: 7, learning_rate: 1e-3}
        evaluation: {checkpoints: [0.5, 1.0], prompts: 7}
        analysis: [dynamics, toys]
        """;

    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    private Path study() throws IOException {
        Path config = Files.writeString(folder.resolve("tiny.yaml"), REVIEWS);
        Path study = folder.resolve("study");
        assertThat(terminal.run("study", "--config", config.toString(), "--out", study.toString()))
                .as(terminal.err())
                .isZero();
        return study;
    }

    /// A study on text of two cells for each of two seeds, measured at half of their training and at its end.
    private Path textStudy() throws IOException {
        Path model = SmallFiles.model(folder.resolve("model"));
        Path data = SmallFiles.pairs(folder.resolve("data.jsonl"), 33);
        Path config = Files.writeString(folder.resolve("tiny.yaml"), """
            title: tiny
            model: %s
            demonstrations: %s
            preferences: %s
            held_out_pairs: 9
            sft: {steps: 2, batch: 7}
            reward: {steps: 2, batch: 7}
            align: {steps: 3, batch: 7}
            objectives: [{name: ipo, betas: [0.1, 1.0]}]
            best_of_n: 2
            seeds: [1, 2]
            evaluation: {checkpoints: [0.5], prompts: 7, max_tokens: 9}
            placement: {threads: 1}
            """.formatted(model, data, data));
        Path study = folder.resolve("study");
        assertThat(terminal.run("text-study", "--config", config.toString(), "--out", study.toString()))
                .as(terminal.err())
                .isZero();
        return study;
    }

    private void report(Path study) {
        assertThat(terminal.run("report", study.toString())).as(terminal.err()).isZero();
    }

    /// Letters of PNG files depend on the machine.
    private static Map<String, String> written(Path study) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        try (Stream<Path> files = Files.walk(study.resolve("report"))) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith(".png"))
                    .toList()) {
                texts.put(study.relativize(file).toString(), Files.readString(file));
            }
        }
        texts.put("facts", Files.readString(study.resolve("study.json")));
        return texts;
    }

    private static void delete(Path report) throws IOException {
        try (Stream<Path> files = Files.walk(report)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aStudysReportThatWasDeletedIsMadeAgain() throws IOException {
        Path study = study();
        Map<String, String> before = written(study);
        assertThat(before).containsKeys("report/gold.csv", "report/proxies.csv", "report/toys.json");
        delete(study.resolve("report"));
        report(study);
        assertThat(written(study)).isEqualTo(before);
        delete(study.resolve("report"));
        assertThat(terminal.run("study", "--out", study.toString())).isZero();
        assertThat(written(study)).isEqualTo(before);
    }

    @Test
    void aTextStudysReportThatWasDeletedIsMadeAgain() throws IOException {
        Path study = textStudy();
        Map<String, String> before = written(study);
        assertThat(Objects.requireNonNull(before.get("report/points.csv")).lines())
                .hasSize(1 + 2 + 4 * 2 + 2);
        delete(study.resolve("report"));
        report(study);
        assertThat(written(study)).isEqualTo(before);
        delete(study.resolve("report"));
        assertThat(terminal.run("text-study", "--out", study.toString())).isZero();
        assertThat(written(study)).isEqualTo(before);
    }

    /// A kill behind a cell's line in the ledger leaves its points ungathered and the count of missing cells too
    /// high.
    @Test
    void gathersWhatAKillLeftInTheRuns() throws IOException {
        Path study = study();
        Map<String, String> before = written(study);
        Path points = study.resolve("report/points.csv");
        Files.writeString(
                points, Objects.requireNonNull(before.get("report/points.csv")).replaceAll("(?m)^dpo-beta1-.*\n", ""));
        Files.delete(study.resolve("report/gold.csv"));
        Files.delete(study.resolve("report/proxies.csv"));
        Path facts = study.resolve("study.json");
        Files.writeString(
                facts,
                Objects.requireNonNull(before.get("facts")).replace("\"missing_cells\" : 0", "\"missing_cells\" : 1"));
        report(study);
        assertThat(written(study)).isEqualTo(before);
        assertThat(terminal.err()).doesNotContain("not finished");
    }

    /// Its ledger may end in half a line.
    @Test
    void aStudyThatRunsIsReportedByWhatItGathered() throws IOException {
        Path study = study();
        Path ledger = study.resolve("ledger.jsonl");
        Files.writeString(ledger, Files.readString(ledger) + "{\"run\":");
        String before = Files.readString(ledger);
        try (FolderLock _ = FolderLock.take(study)) {
            report(study);
        }
        assertThat(ledger).hasContent(before);
    }

    /// Runs are large; who deletes them keeps the tables.
    @Test
    void tablesOfAStudysRunsThatAreGoneStay() throws IOException {
        tablesStay(study());
        assertThat(terminal.run("study", "--out", folder.resolve("study").toString()))
                .isEqualTo(2);
        assertThat(terminal.err())
                .contains("found nothing, expected the points of a finished cell; daa study --out ")
                .endsWith(" --cell dpo-beta0.1-tiny-seed1 --cell dpo-beta1-tiny-seed1 --cell best-of-n-one-tiny-seed1"
                        + " runs it again\n");
    }

    @Test
    void tablesOfATextStudysRunsThatAreGoneStay() throws IOException {
        tablesStay(textStudy());
    }

    private void tablesStay(Path study) throws IOException {
        String before = Files.readString(study.resolve("report/points.csv"));
        delete(study.resolve("runs"));
        report(study);
        assertThat(study.resolve("report/points.csv")).hasContent(before);
        assertThat(terminal.err()).contains("daa: the tables are left as they are: ", "points.csv: found nothing");
    }

    /// Studies of earlier versions kept them in the report alone.
    @Test
    void aTextStudyThatLacksThePointsOfItsStartSaysSo() throws IOException {
        Path study = textStudy();
        Files.delete(study.resolve("runs/sft/points.csv"));
        delete(study.resolve("report"));
        assertThat(terminal.run("report", study.toString())).isEqualTo(2);
        assertThat(terminal.err())
                .endsWith("runs/sft/points.csv: found nothing, expected the points of the SFT model; daa text-study"
                        + " --out " + study + " makes it again\n");
        assertThat(terminal.run("text-study", "--out", study.toString())).isZero();
        report(study);
    }

    @Test
    void whatIsNoStudyIsToldSoAndLeftAlone() {
        Path nothing = folder.resolve("nothing");
        assertThat(terminal.run("report", nothing.toString())).isEqualTo(2);
        assertThat(terminal.err()).contains(nothing + ": found no report/points.csv, expected a study's folder");
        assertThat(nothing).doesNotExist();
    }
}
