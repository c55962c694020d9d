package dev.daa.bench.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real processes, killed and stopped: what they leave behind goes on to the bits of a run that nobody touched.
final class StoppedRunTest {
    private static final int STEPS = 300;
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    Path folder;

    private Path data;

    private record Outcome(int code, String err) {}

    @BeforeEach
    void writeAModelAndItsData() throws IOException {
        assumeTrue(Files.exists(Path.of("/bin/sh")), "signals need a Unix");
        Files.writeString(Files.createDirectories(folder.resolve("model")).resolve("config.json"), """
            {"model_type": "gpt2", "vocab_size": 17, "n_positions": 16, "n_embd": 16, "n_layer": 1, "n_head": 2,
             "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "eos_token_id": 0}
            """);
        List<String> rows = new ArrayList<>();
        for (int row = 0; row < 24; row++) {
            rows.add("{\"prompt_ids\":[" + (1 + row % 7) + "," + (2 + row % 5) + "],\"response_ids\":[" + (3 + row % 11)
                    + "," + (5 + row % 3) + ",0]}");
        }
        data = Files.write(folder.resolve("data.jsonl"), rows);
    }

    @Test
    void aKilledRunGoesOnToTheBitsOfTheUntouchedOne() throws IOException, InterruptedException {
        assertThat(run(sft("untouched")).code()).isZero();
        // Stopped where it happens to be, twice: no two kills hit the same moment.
        for (int checkpoints = 1; checkpoints <= 2; checkpoints++) {
            int wanted = 3 * checkpoints;
            Process process = start(sft("killed"));
            await(process, () -> checkpoints("killed") >= wanted);
            process.destroyForcibly();
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(run(sft("killed")).code()).isZero();
        assertThat(folder.resolve("killed/model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("untouched/model.safetensors"));
        assertThat(losses("killed")).isEqualTo(losses("untouched")).hasSize(STEPS);
    }

    @Test
    void aTerminatedRunSavesAndExitsWith130() throws IOException, InterruptedException {
        Process process = start(sft("terminated"));
        await(process, () -> checkpoints("terminated") >= 2);
        process.destroy();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assumeTrue(process.exitValue() != 0, "the run was over before the signal came");
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(Files.readString(folder.resolve("err"))).contains("the same command goes on");
        assertThat(run(sft("terminated")).code()).isZero();
        assertThat(losses("terminated")).hasSize(STEPS);
    }

    @Test
    void aFullDiskIsOneLineAndKeepsTheLastCheckpoint() throws IOException, InterruptedException {
        // A limit on file sizes stands in for a full disk: writing beyond it fails in the same way.
        Outcome outcome = run(List.of("/bin/sh", "-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh"), sft("full"));
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err().lines().filter(line -> line.startsWith("daa")))
                .singleElement()
                .asString()
                .contains("full");
        assertThat(folder.resolve("full/model.safetensors")).doesNotExist();
        assertThat(run(sft("full")).code()).isZero();
        assertThat(losses("full")).hasSize(STEPS);
    }

    @Test
    void aHeapThatIsTooSmallIsRefusedBeforeAnythingIsWritten() throws IOException, InterruptedException {
        List<String> command = sft("small");
        command.set(command.indexOf("--batch") + 1, "4000000");
        command.set(command.indexOf("--steps") + 1, "1");
        Outcome outcome = run(List.of(), command);
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("are available; the largest part is").doesNotContain("OutOfMemoryError");
        assertThat(folder.resolve("small")).doesNotExist();
    }

    private List<String> sft(String out) {
        StringBuilder fractions = new StringBuilder("[");
        for (int part = 1; part <= 20; part++) {
            fractions.append(part == 1 ? "" : ",").append(part / 20.0);
        }
        return new ArrayList<>(List.of(
                "sft",
                "--model",
                folder.resolve("model").toString(),
                "--from-scratch",
                "true",
                "--data",
                data.toString(),
                "--out",
                folder.resolve(out).toString(),
                "--steps",
                Integer.toString(STEPS),
                "--batch",
                "8",
                "--checkpoints",
                fractions.append("]").toString(),
                "--threads",
                "1"));
    }

    private Process start(List<String> arguments) throws IOException {
        return start(List.of(), arguments);
    }

    private Process start(List<String> before, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.daa.cli.Main"));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private Outcome run(List<String> arguments) throws IOException, InterruptedException {
        return run(List.of(), arguments);
    }

    private Outcome run(List<String> before, List<String> arguments) throws IOException, InterruptedException {
        Process process = start(before, arguments);
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), Files.readString(folder.resolve("err"), StandardCharsets.UTF_8));
    }

    private static void await(Process process, BooleanSupplier condition) throws InterruptedException {
        for (long waited = 0; process.isAlive() && !condition.getAsBoolean(); waited++) {
            assertThat(waited).as("tenths of a millisecond").isLessThan(PATIENCE_SECONDS * 1000);
            Thread.sleep(1);
        }
    }

    /// The number of the last checkpoint that is whole, counted in twentieths of the run.
    private int checkpoints(String run) {
        Path saved = folder.resolve(run).resolve("checkpoints");
        if (!Files.isDirectory(saved)) {
            return 0;
        }
        try (Stream<Path> entries = Files.list(saved)) {
            return (int) entries.filter(entry -> entry.getFileName().toString().startsWith("step-"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Every step with its loss, without what a clock measured.
    private List<String> losses(String run) throws IOException {
        return Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl")).stream()
                .map(line -> line.replaceAll(".*(\"step\":[0-9]+).*(\"loss\":[^,]+).*", "$1 $2"))
                .toList();
    }
}
