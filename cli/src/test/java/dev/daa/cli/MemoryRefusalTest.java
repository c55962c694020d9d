package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What needs more memory than there is.
final class MemoryRefusalTest {
    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    /// 13 GiB of weights, and more than the tests' heap of 6 GiB; the file with them holds fewer: what is counted
    /// is the whole run, optimizer included, before anybody looks at weights.
    @ParameterizedTest
    @CsvSource({"sft,--from-scratch", "sft,", "align,", "reward,", "ppo,--reward REWARD", "online,--reward REWARD"})
    void theWholeRunIsCountedBeforeItsWeightsAre(String command, @Nullable String more) throws IOException {
        Path large = SmallFiles.model(folder.resolve("large"));
        Path config = large.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceAll("(\"n_embd\"\\s*:\\s*)12", "$1" + 12000));
        List<String> arguments = new ArrayList<>(
                List.of(command, "--model", large.toString(), "--data", pairs(), "--out", folder + "/out"));
        if (more != null) {
            String reward = SmallFiles.rewardModel(folder.resolve("reward"), 3).toString();
            arguments.addAll(List.of(more.replace("REWARD", reward).split(" ")));
        }
        if (command.equals("ppo") || command.equals("online")) {
            arguments.addAll(List.of("--max-tokens", "8"));
        }
        assertThat(terminal.run(arguments.toArray(String[]::new))).isEqualTo(2);
        assertThat(terminal.err())
                .matches("daa: needs [\\d,.]+ MiB of memory, [\\d,.]+ MiB are available; the largest part is"
                        + " (optimizer|parameters) \\([\\d,.]+ MiB\\): reduce the size of the model, or give Java more"
                        + " memory \\(DAA_JAVA_OPTIONS=-Xmx…\\)\n");
        assertThat(Files.exists(folder.resolve("out"))).isFalse();
    }

    @Test
    void moreSamplesThanMemoryHolds() throws IOException {
        assertThat(terminal.run(
                        "generate",
                        "--model",
                        model(),
                        "--data",
                        pairs(),
                        "--max-tokens",
                        "3",
                        "--samples",
                        "2147483647"))
                .isEqualTo(2);
        assertThat(terminal.err().lines().toList().getLast())
                .startsWith("daa: out of memory: ")
                .endsWith("; reduce --batch, --samples or --max-tokens, take a smaller model, or give Java more memory"
                        + " (DAA_JAVA_OPTIONS=-Xmx…)");
    }

    /// Ten terabytes of activations: more than any machine that runs this has.
    @Test
    void aBatchThatNeedsMoreMemoryThanThereIs() throws IOException {
        assertThat(terminal.run(
                        "sft", "--model", model(), "--data", pairs(), "--out", folder + "/out", "--batch", "90000000"))
                .isEqualTo(2);
        assertThat(terminal.err())
                .matches("daa: needs [\\d,.]+ MiB of memory, [\\d,.]+ MiB are available; the largest part is"
                        + " activations \\([\\d,.]+ MiB\\): reduce --micro-batch, or give Java more memory"
                        + " \\(DAA_JAVA_OPTIONS=-Xmx…\\)\n");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    private String model() throws IOException {
        return SmallFiles.model(folder.resolve("model")).toString();
    }

    private String pairs() throws IOException {
        return SmallFiles.pairs(folder.resolve("data.jsonl"), 33).toString();
    }
}
