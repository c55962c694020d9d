package dev.daa.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class RunFolderTest {
    @TempDir
    Path folder;

    record Config(
            @Setting("strength") double beta,
            @Setting("worker threads") int threads) {}

    private record Trained(
            @Setting("model") String model, @Setting("seed") long seed) {}

    private static Metrics metrics(long step) {
        return Metrics.at(step).with("loss", 1.0 / (step + 1)).with("rewards/margins", step);
    }

    private static Optional<Checkpoint> checkpoint(long step) {
        return Optional.of(new Checkpoint(step, Path.of("unused")));
    }

    @Test
    void writesOneObjectAStep() throws IOException {
        try (RunFolder run = RunFolder.open(folder)) {
            MetricsSink sink = run.metrics(Optional.empty());
            sink.record(metrics(0));
            sink.record(Metrics.at(1).with("loss", Double.NaN).with("grad_norm", Double.POSITIVE_INFINITY));
        }
        assertThat(Files.readString(folder.resolve("metrics.jsonl"))).isEqualTo("""
            {"step":0,"loss":1.0,"rewards/margins":0.0}
            {"step":1,"loss":null,"grad_norm":null}
            """);
    }

    @Test
    void clearsAwayWhatAKilledRunWasWriting() throws IOException {
        Path whole = Files.writeString(folder.resolve("model.safetensors"), "whole");
        Path half = Files.writeString(folder.resolve(".model.safetensors.incomplete-4711-3"), "half");
        Path samples = Files.createDirectories(folder.resolve("samples"));
        Path rows = Files.writeString(samples.resolve(".step-7.jsonl.incomplete-4711-3"), "half");
        try (RunFolder _ = RunFolder.open(folder)) {
            assertThat(half).doesNotExist();
            assertThat(rows).doesNotExist();
            assertThat(whole).hasContent("whole");
        }
    }

    @Test
    void refusesAMetricGivenTwice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Metrics.at(7).with("loss", 1).with("loss", 2))
                .withMessage("metric loss is given twice at step 7");
    }

    /// A run of 13 steps killed after any byte of its metrics and resumed from step 7 leaves the lines of an
    /// uninterrupted run.
    @Test
    void metricsCutAnywhereContinueAsIfNothingHadHappened() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (RunFolder run = RunFolder.open(folder)) {
            MetricsSink sink = run.metrics(Optional.empty());
            for (long step = 0; step <= 13; step++) {
                sink.record(metrics(step));
            }
        }
        byte[] whole = Files.readAllBytes(file);
        int upToStep7 = Files.readString(file).indexOf("{\"step\":8");
        for (int length = upToStep7; length <= whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            try (RunFolder run = RunFolder.open(folder)) {
                MetricsSink sink = run.metrics(checkpoint(7));
                for (long step = 8; step <= 13; step++) {
                    sink.record(metrics(step));
                }
            }
            assertThat(Files.readAllBytes(file))
                    .as("cut after %d bytes", length)
                    .isEqualTo(whole);
        }
    }

    @Test
    void aRunWithoutCheckpointStartsItsMetricsAfresh() throws IOException {
        for (int attempt = 0; attempt < 2; attempt++) {
            try (RunFolder run = RunFolder.open(folder)) {
                run.metrics(Optional.empty()).record(metrics(0));
            }
        }
        assertThat(Files.readAllLines(folder.resolve("metrics.jsonl"))).hasSize(1);
    }

    @Test
    void refusesMetricsThatAreBrokenBeforeTheirEnd() throws IOException {
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"step\":0}\n{\"st\n{\"step\":2}\n");
        try (RunFolder run = RunFolder.open(folder)) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> run.metrics(checkpoint(7)))
                    .withMessage(folder.resolve("metrics.jsonl")
                            + ":2: found a line that is not JSON, expected metrics; delete the run folder");
        }
    }

    @Test
    void handsMetricsToEverySink() {
        List<Metrics> first = new ArrayList<>();
        List<Metrics> second = new ArrayList<>();
        Metrics row = metrics(1);
        MetricsSink.none().and(first::add).and(second::add).record(row);
        assertThat(first).containsExactly(row);
        assertThat(second).containsExactly(row);
    }

    @Test
    void refusesToResumeUnderAnotherConfig() {
        try (RunFolder run = RunFolder.open(folder)) {
            run.config(new Config(0.1, 2), Set.of("threads"));
            run.config(new Config(0.1, 1), Set.of("threads"));
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> run.config(new Config(0.2, 1), Set.of("threads")))
                    .withMessage(folder.resolve("config.yaml")
                            + ": this run was started with another config (beta: 0.1, now 0.2); choose another --out,"
                            + " or delete " + folder);
        }
    }

    /// As where a folder was moved with what it was trained on: deleting the run is the last thing to advise.
    @Test
    void saysWhatToDoWhereTheFilesWereMoved() {
        try (RunFolder run = RunFolder.open(folder)) {
            run.config(new Trained("/old/model", 1), Set.of());
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> run.config(new Trained("/new/place/model", 1), Set.of()))
                    .withMessage(folder.resolve("config.yaml")
                            + ": this run was started with another config (model: /old/model, now /new/place/model);"
                            + " where these were moved, move them back, or make symbolic links of their old names and"
                            + " give the old --out; else choose another --out, or delete " + folder);
            for (Trained other : List.of(new Trained("/old/model2", 1), new Trained("/new/model", 2))) {
                assertThatExceptionOfType(InputException.class)
                        .isThrownBy(() -> run.config(other, Set.of()))
                        .withMessageEndingWith("); choose another --out, or delete " + folder);
            }
        }
    }

    @Test
    void isHeldByOneRunAtATime() {
        RunFolder first = RunFolder.open(folder);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RunFolder.open(folder))
                .withMessage(folder + ": another daa process is writing here; wait for it, or choose another --out");
        first.close();
        RunFolder.open(folder).close();
    }

    /// The first failure is told, and the folder is free again.
    @Test
    void isUnlockedEvenWhereItsTableCannotBeWritten() throws IOException {
        RunFolder run = RunFolder.open(folder);
        run.metrics(Optional.empty()).record(metrics(0));
        Files.createDirectories(folder.resolve("metrics.csv/in the way"));
        assertThatExceptionOfType(InputException.class).isThrownBy(run::close).withMessageContaining("metrics.csv");
        RunFolder.open(folder).close();
    }

    @Test
    void saysWhenAFileLiesWhereTheFolderShouldBe() throws IOException {
        Path file = Files.writeString(folder.resolve("out"), "");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RunFolder.open(file))
                .withMessage(file + ": a file lies where a folder is needed; choose another --out folder");
    }

    @Test
    void theManifestNamesWhatTheRunWasMadeWith() throws IOException {
        try (RunFolder run = RunFolder.open(folder)) {
            run.manifest(Manifest.here("cpu", "2 cores", 17, "abc", Map.of("train.jsonl", "def")));
        }
        JsonNode manifest = JsonMapper.shared().readTree(Files.readString(folder.resolve("manifest.json")));
        assertThat(manifest.propertyNames())
                .containsExactlyInAnyOrder("build", "java", "system", "backend", "device", "seed", "model", "data");
        assertThat(manifest.at("/build/version").asString()).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(manifest.at("/build/revision").asString()).matches("[0-9a-f]{40}|unknown");
        assertThat(manifest.at("/data/train.jsonl").asString()).isEqualTo("def");
        assertThat(manifest.at("/seed").asLong()).isEqualTo(17);
    }

    record Sample(String prompt, String response) {}

    @Test
    void keepsSamplesByStep() throws IOException {
        try (RunFolder run = RunFolder.open(folder)) {
            run.samples(33, List.of(new Sample("a", "b"), new Sample("c", "d\n")));
        }
        assertThat(Files.readString(folder.resolve("samples/step-33.jsonl"))).isEqualTo("""
            {"prompt":"a","response":"b"}
            {"prompt":"c","response":"d\\n"}
            """);
    }

    /// SHA-256 of "abc", FIPS 180-2 appendix B.1.
    @Test
    void hashesAsPublished() throws IOException {
        String published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assertThat(DataHash.of("abc")).isEqualTo(published);
        assertThat(DataHash.of(Files.writeString(folder.resolve("abc"), "abc"))).isEqualTo(published);
    }

    @Test
    void hashesRowsByTheirBoundariesToo() {
        assertThat(DataHash.of(List.of(new int[] {1, 2}, new int[] {3})))
                .isNotEqualTo(DataHash.of(List.of(new int[] {1}, new int[] {2, 3})));
    }
}
