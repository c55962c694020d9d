package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Numbers that are not finite end a run with one line and exit code 1, and no ruined weights are kept as a model.
final class NonFiniteTest {
    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    /// Five steps of a learning rate that ruins the weights.
    private String[] align(String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "align",
                "--model",
                SmallFiles.model(folder.resolve("model")).toString(),
                "--data",
                SmallFiles.pairs(folder.resolve("data.jsonl"), 33).toString(),
                "--out",
                folder.resolve("out").toString(),
                "--cache",
                folder.resolve("cache").toString(),
                "--lr",
                "1e30",
                "--steps",
                "5"));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    /// The first update ruins the weights: what is measured of them says so, or the loss of the next step.
    @Test
    void aLossThatIsNotFiniteIsAFailureThatRecommendsNoRuinedCheckpoint() throws IOException {
        assertThat(terminal.run(align("--checkpoints", "0.2,1", "--kl-prompts", "0")))
                .isEqualTo(1);
        assertThat(terminal.err().lines().reduce((_, last) -> last).orElseThrow())
                .matches("daa: step 2: loss is (NaN|Infinity), first in policy\\.\\S+ .*; there is no checkpoint before"
                        + " it, but do not go on from " + folder.resolve("out/checkpoints/step-1")
                        + ", which may give it again; lower the learning rate or the gradient clip"
                        + " \\(--debug shows where\\)");
        assertThat(folder.resolve("out/model.safetensors")).doesNotExist();
    }

    @Test
    void aKlThatIsNotFiniteIsAFailureThatSavesNoCheckpoint() throws IOException {
        assertThat(terminal.run(align("--checkpoints", "0.2,1"))).isEqualTo(1);
        assertThat(terminal.err().lines().reduce((_, last) -> last).orElseThrow())
                .matches("daa: step 1: kl/exact is (NaN|Infinity); there is no checkpoint before it; lower the learning"
                        + " rate or the gradient clip \\(--debug shows where\\)");
        assertThat(folder.resolve("out/checkpoints")).isEmptyDirectory();
    }
}
