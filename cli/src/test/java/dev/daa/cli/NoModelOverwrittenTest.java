package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Commands that write models write over none.
class NoModelOverwrittenTest {
    @TempDir
    Path folder;

    private Path model;
    private Path data;

    @BeforeEach
    void write() throws IOException {
        model = SmallFiles.model(folder.resolve("model"));
        data = SmallFiles.pairs(folder.resolve("data.jsonl"), 3);
        SmallFiles.rewardModel(folder.resolve("reward"), 3);
    }

    /// Training never overwrites a model that it reads, nor one that no run left.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sft | --model DIR/model | model",
                "reward | --model DIR/model | model",
                "align | --model DIR/model | model",
                "align | --model DIR/other --reference DIR/model | model",
                "align | --model DIR/other | model",
                "align | --model DIR/other | link",
                "ppo | --model DIR/model --reward DIR/reward | model",
                "ppo | --model DIR/model --reward DIR/reward | reward",
                "ppo | --model DIR/model --reward DIR/reward --value DIR/other | other",
                "online | --model DIR/model --reward DIR/reward | model",
                "online | --model DIR/model --reward DIR/reward | reward",
                "new-model | --text DIR/data.jsonl | model",
            })
    void noModelIsOverwritten(String command, String options, String out) throws IOException {
        SmallFiles.model(folder.resolve("other"));
        Files.createSymbolicLink(folder.resolve("link"), model);
        List<String> arguments = new ArrayList<>(List.of(command, "--out", folder + "/" + out));
        arguments.addAll(List.of(options.replace("DIR", folder.toString()).split(" ")));
        if (!command.equals("new-model")) {
            arguments.addAll(List.of("--data", data.toString()));
        }
        Map<Path, String> before = contents();
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(arguments.toArray(String[]::new))).isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: " + folder + "/" + out + ": a model is there already; choose another --out\n");
        assertThat(contents()).isEqualTo(before);
    }

    /// A run's own folder is no model to continue from into itself, though it is its own to resume in.
    @Test
    void aRunMayNotStartFromItself() {
        Path run = folder.resolve("run");
        assertThat(new RecordedTerminal(false)
                        .run("sft", "--model", model.toString(), "--data", data.toString(), "--out", run.toString()))
                .isZero();
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run("sft", "--model", run.toString(), "--data", data.toString(), "--out", run.toString()))
                .isEqualTo(2);
        assertThat(terminal.err()).isEqualTo("daa: " + run + ": a model is there already; choose another --out\n");
        RecordedTerminal again = new RecordedTerminal(false);
        assertThat(again.run("sft", "--model", model.toString(), "--data", data.toString(), "--out", run.toString()))
                .isZero();
        assertThat(again.err()).endsWith("daa: " + run + ": this run is finished already, there is nothing to do\n");
    }

    private Map<Path, String> contents() throws IOException {
        Map<Path, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(file, Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return contents;
    }
}
