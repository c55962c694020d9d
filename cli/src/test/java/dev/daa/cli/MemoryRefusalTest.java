package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is refused before weights are drawn or read.
final class MemoryRefusalTest {
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
        List<String> arguments = new ArrayList<>(List.of(
                command,
                "--model",
                large.toString(),
                "--data",
                SmallFiles.pairs(folder.resolve("data.jsonl"), 33).toString(),
                "--out",
                folder + "/out"));
        if (more != null) {
            String reward = SmallFiles.rewardModel(folder.resolve("reward"), 3).toString();
            arguments.addAll(List.of(more.replace("REWARD", reward).split(" ")));
        }
        if (command.equals("ppo") || command.equals("online")) {
            arguments.addAll(List.of("--max-tokens", "8"));
        }
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(arguments.toArray(String[]::new))).isEqualTo(2);
        assertThat(terminal.err())
                .matches("daa: needs [\\d,.]+ MiB of memory, [\\d,.]+ MiB are available; the largest part is"
                        + " (optimizer|parameters) \\([\\d,.]+ MiB\\): reduce the size of the model, or give Java more"
                        + " memory \\(DAA_JAVA_OPTIONS=-Xmx…\\)\n");
        assertThat(Files.exists(folder.resolve("out"))).isFalse();
    }
}
