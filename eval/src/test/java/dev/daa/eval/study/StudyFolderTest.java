package dev.daa.eval.study;

import static dev.daa.eval.study.TinyStudy.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a study refuses before it touches anything.
class StudyFolderTest {
    private static final String CELL = "dpo-beta0.1-tiny-seed1";

    @TempDir
    Path folder;

    /// Runs no cell, so that only the folder is looked at.
    private void open(StudyConfig config, String... again) {
        StudyListener listener = new QuietListener() {
            @Override
            public MetricsSink started(String run, int steps) {
                throw new AssertionError(run);
            }
        };
        new StudyRunner(
                        config,
                        folder,
                        new StudyRunner.Execution("cpu", MatmulPrecision.FP32, 1, 1),
                        listener,
                        new Interrupt())
                .run(_ -> false, List.of(again)::contains);
    }

    private void run(String name, StudyConfig config) throws IOException {
        Record own = Cell.of(config).stream()
                .filter(cell -> cell.name().equals(name))
                .findFirst()
                .orElseThrow()
                .config(config);
        Path run = Files.createDirectories(folder.resolve("runs").resolve(name));
        Files.writeString(run.resolve("config.yaml"), Configs.toYaml(own));
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.toList();
        }
    }

    private void refused(StudyConfig config, String message) throws IOException {
        List<Path> before = files();
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> open(config))
                .withMessage(message);
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void runsOfAnotherConfigAreNotGoneOnWith() throws IOException {
        run(CELL, config());
        refused(
                config(new Assignment("sft.steps", "40")),
                folder.resolve("runs").resolve(CELL).resolve("config.yaml")
                        + ": this run of the study was made with another config (sft.steps: 30, now 40); choose another"
                        + " --out, or delete " + folder);
        assertThatCode(() -> open(config(new Assignment("sft.steps", "40")), CELL))
                .doesNotThrowAnyException();
    }

    @Test
    void aLargerGridGoesOnAndASmallerOneIsRefused() throws IOException {
        Ledger.open(folder.resolve("ledger.jsonl"))
                .record(new Ledger.Entry(CELL, "done", "hash", 1, "2026-01-01T00:00:00Z", ""));
        refused(
                config(new Assignment("objectives", "[{name: ipo, betas: [0.1]}]")),
                folder + ": holds 1 finished runs that this config lacks (" + CELL
                        + "); choose another --out, or put them back into the config");
        assertThatCode(() -> open(config(new Assignment("seeds", "[1, 2]")))).doesNotThrowAnyException();
    }

    /// What an earlier version of the program finished, whose config lacked a key.
    @Test
    void aCellIsDoneThoughItsConfigLacksAKey() throws IOException {
        StudyConfig config = config(
                new Assignment(
                        "proxies",
                        "{models: [{name: one, size: {name: p, width: 8, layers: 1, heads: 1}}], training: {steps: 1,"
                                + " batch: 4}}"),
                new Assignment("best_of_n", "{samples: 2}"));
        Cell cell = Cell.of(config).stream()
                .filter(of -> of instanceof Cell.BestOfN)
                .findFirst()
                .orElseThrow();
        run(cell.name(), config);
        Path file = folder.resolve("runs").resolve(cell.name()).resolve("config.yaml");
        String now = Files.readString(file);
        String before = now.replace("    batch_centering: 0.0\n", "");
        assertThat(before).isNotEqualTo(now);
        Files.writeString(file, before);
        Ledger.open(folder.resolve("ledger.jsonl"))
                .record(new Ledger.Entry(cell.name(), "done", DataHash.of(before), 1, "2026-01-01T00:00:00Z", ""));
        assertThat(new StudyFolder(config, folder).done(cell)).isTrue();
        Files.writeString(file, before.replace("samples: 2", "samples: 4"));
        assertThat(new StudyFolder(config, folder).done(cell)).isFalse();
        Files.writeString(file, before.replace("name: one", "name: two"));
        assertThat(new StudyFolder(config, folder).done(cell)).isFalse();
    }

    @Test
    void runsAndStudiesDoNotShareAFolder() throws IOException {
        Files.writeString(folder.resolve("config.yaml"), "seed: 1");
        refused(
                config(),
                folder + ": found a run of another command (config.yaml), expected a study or a new folder; choose"
                        + " another --out");
        Files.delete(folder.resolve("config.yaml"));
        Files.writeString(folder.resolve("ledger.jsonl"), "");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RunFolder.open(folder))
                .withMessage(folder
                        + ": found a study (ledger.jsonl), expected a run or a new folder; choose another --out");
    }

    @Test
    void aSizeThatCannotFitIsRefused() {
        StudyConfig large = config(new Assignment("sizes", "[{name: big, width: 8192, layers: 20, heads: 64}]"));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> StudyMemory.requireRoom(large, 1))
                .withMessageMatching("size big needs at least [\\d,.]+ MiB: parameters .* MiB of Java's memory are"
                        + " available; reduce its width or layers, or give Java more memory .*");
        assertThatCode(() -> StudyMemory.requireRoom(config(), 2)).doesNotThrowAnyException();
    }
}
