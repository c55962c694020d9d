package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.run.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A study from its YAML to its report, with one cell that cannot run.
final class StudyCommandTest {
    private static final String YAML = """
        title: tiny
        objectives: [{name: dpo, betas: [0.1, 1.0]}]
        sizes: [{name: tiny, width: 16, layers: 1, heads: 2}]
        seeds: [1]
        sft: {steps: 7, batch: 13, learning_rate: 3e-3}
        preferences: {pairs: 33, held_out: 7}
        align: {epochs: 2, batch: 7, learning_rate: 1e-3}
        evaluation: {checkpoints: [0.5, 1.0], prompts: 7}
        """;

    @TempDir
    Path folder;

    @Test
    void leavesTheFilesThatOthersBuildOnAndFailsLoudlyWhereACellDid() throws IOException {
        RecordedTerminal terminal = new RecordedTerminal(false);
        Path config = Files.writeString(folder.resolve("tiny.yaml"), YAML);
        Path study = folder.resolve("study");
        Path broken = Files.createDirectories(study.resolve("runs")).resolve("dpo-beta1-tiny-seed1");
        Files.writeString(broken, "no folder");
        assertThat(terminal.run("study", "--config", config.toString(), "--out", study.toString()))
                .isEqualTo(1);
        assertThat(terminal.err().lines())
                .contains("FAILED  dpo-beta1-tiny-seed1: " + broken
                        + ": a file lies where a folder is needed; choose another --out folder")
                .endsWith("daa: 1 runs failed: dpo-beta1-tiny-seed1 (--debug shows where)");
        assertThat(terminal.out()).endsWith("report: " + study.resolve("report/index.html") + "\n");
        assertThat(Files.readString(study.resolve("report/index.html")))
                .startsWith("<!DOCTYPE html>")
                .contains("<dt>objective dpo</dt>\n<dd>dpo: label_smoothing 0.0, ");
        assertThat(Files.readString(study.resolve("report/points.csv")))
                .startsWith("run,objective,beta,size,seed,step,fraction,kl,kl_se,gold,gold_se,win_rate,win_rate_se,"
                        + "length,implicit_accuracy,frontier_share");
        assertThat(study.resolve("runs/dpo-beta0.1-tiny-seed1/metrics.jsonl")).isNotEmptyFile();
        assertThat(Files.readAllLines(study.resolve("ledger.jsonl"))).hasSize(2);
        JsonNode facts =
                JsonMapper.shared().readTree(study.resolve("study.json").toFile());
        assertThat(facts.path("preset").asString()).isEqualTo("own config");
        assertThat(facts.path("command").asString()).isEqualTo("./daa study --config study.yaml --out DIR");
        // Two epochs of 33 pairs are nine whole batches of seven.
        assertThat(facts.path("settings").path("alignment").asString())
                .startsWith("9 steps of 7, ")
                .endsWith(", 1.91 passes over the pairs");
        JsonNode fits =
                JsonMapper.shared().readTree(study.resolve("report/fits.json").toFile());
        assertThat(fits).isNotEmpty();
        for (JsonNode fit : fits) {
            assertThat(fit.propertyNames()).contains("objective", "law", "coefficients", "peak_distance", "rmse");
        }
        assertThat(terminal.run("text-study", "--out", study.toString())).isEqualTo(2);
        assertThat(terminal.err().lines())
                .endsWith("daa: " + study + ": found a study of the reviews world, expected a study on text or a new"
                        + " folder; go on with it by daa study, or choose another --out");
        fitsOfThePointsAreThoseOfTheReport(study.resolve("report/points.csv"), fits);
    }

    private static void fitsOfThePointsAreThoseOfTheReport(Path points, JsonNode fits) throws IOException {
        // As a spreadsheet saves it.
        String text = Files.readString(points);
        Files.writeString(points, "\uFEFF" + text.replace("\n", "\r\n"));
        RecordedTerminal unknown = new RecordedTerminal(false);
        assertThat(unknown.run("fit", "--points", points.toString(), "--law", "cubic"))
                .isEqualTo(2);
        assertThat(unknown.err()).startsWith("daa: --law: found cubic, expected rl, bon, ");
        for (String reward : List.of("gold", "win_rate")) {
            RecordedTerminal terminal = new RecordedTerminal(false);
            assertThat(terminal.run("fit", "--points", points.toString(), "--law", "bon", "--reward", reward))
                    .isZero();
            JsonNode fitted = JsonMapper.shared().readTree(terminal.out());
            JsonNode expected = fits.valueStream()
                    .filter(fit -> fit.path("law").asString().equals("bon")
                            && fit.path("reward").asString().equals(reward))
                    .findFirst()
                    .orElseThrow();
            for (String key : List.of("objective", "size", "reward", "origin", "rmse", "points")) {
                assertThat(fitted.path(key)).as(key).isEqualTo(expected.path(key));
            }
            for (JsonNode coefficient : expected.path("coefficients")) {
                assertThat(fitted.path(coefficient.path("name").asString())).isEqualTo(coefficient.path("value"));
            }
        }
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run("fit", "--points", points.toString(), "--reward", "kl"))
                .isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: --reward: found kl, expected one of gold, exact_gold, win_rate, win_rate_sft,"
                        + " proxy_reward\n");
    }

    /// A line of the ledger that the other is just writing is not what a kill left.
    @Test
    void aStudyThatAnotherProcessRunsIsLeftAlone() throws IOException {
        RecordedTerminal terminal = new RecordedTerminal(false);
        Path config = Files.writeString(folder.resolve("tiny.yaml"), YAML);
        Path study = folder.resolve("study");
        try (FolderLock _ = FolderLock.take(study)) {
            Path ledger = Files.writeString(study.resolve("ledger.jsonl"), "{\"run\":");
            assertThat(terminal.run("study", "--config", config.toString(), "--out", study.toString()))
                    .isEqualTo(2);
            assertThat(terminal.err().lines())
                    .endsWith("daa: " + study
                            + ": another daa process is writing here; wait for it, or choose another --out");
            assertThat(terminal.out()).isEmpty();
            assertThat(study.toFile().list()).containsExactlyInAnyOrder(".lock", "ledger.jsonl");
            assertThat(ledger).hasContent("{\"run\":");
        }
    }
}
