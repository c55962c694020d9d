package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `--dry-run` of the commands that train.
final class DryRunTest {
    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    private List<Path> tree() throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sft", "align", "reward"})
    void showsConfigAndMemoryAndWritesNothing(String command) throws IOException {
        String model = SmallFiles.model(folder.resolve("model")).toString();
        String data = SmallFiles.pairs(folder.resolve("data.jsonl"), 33).toString();
        List<Path> before = tree();
        assertThat(terminal.run(
                        command,
                        "--model",
                        model,
                        "--data",
                        data,
                        "--out",
                        folder + "/out",
                        "--batch",
                        "7",
                        "--dry-run"))
                .isZero();
        assertThat(terminal.out())
                .contains("model: " + model + "\n", "  batch: 7\n", "  learning_rate: 1.0E-4\n")
                .containsPattern("# needs [\\d.]+ MiB: parameters [\\d.]+ MiB, gradients [\\d.]+ MiB, optimizer"
                        + " [\\d.]+ MiB, activations [\\d.]+ MiB")
                .containsPattern("# available [\\d,.]+ MiB of Java's memory\n$");
        assertThat(tree()).isEqualTo(before);
    }
}
