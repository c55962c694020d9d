package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `daa judge` refuses and says before it asks anybody.
final class JudgeCommandTest {
    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    @Test
    void itReadsTextAndIsAskedByHttp() throws IOException {
        String rows = file("ids.jsonl", "{\"prompt_ids\":[1],\"response_ids\":[2]}\n");
        String[] command = {"judge", "--data", rows, "--opponent", rows, "--command", "cat"};
        assertThat(terminal.run(command)).isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: " + rows
                        + ":1: found prompt as token ids, expected text; generate with a model that has a tokenizer\n");
        assertThat(terminal.out()).isEmpty();
        command[5] = "--url";
        for (String url : List.of("ftp://here/v1", "localhost:8000/v1", "http:///v1", "http://here:port/v1")) {
            command[6] = url;
            RecordedTerminal again = new RecordedTerminal(false);
            assertThat(again.run(command)).isEqualTo(2);
            assertThat(again.err()).isEqualTo("daa: --url: found " + url + ", expected http://… or https://…\n");
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(Path.of(rows));
        }
    }

    /// A win rate over a part of the prompts must not look like one over all.
    @Test
    void itSaysWhichResponsesOfTheOpponentItLeavesOut() throws IOException {
        String policy = file("policy.jsonl", "{\"prompt\":\"b\",\"response\":\"x\"}\n");
        String opponent = file(
                "opponent.jsonl",
                "{\"prompt\":\"a\",\"response\":\"x\"}\n"
                        + "{\"prompt\":\"b\",\"response\":\"y\"}\n"
                        + "{\"prompt\":\"b\",\"response\":\"z\"}\n");
        String[] command = {"judge", "--data", policy, "--opponent", opponent, "--command", "cat", "--dry-run"};
        assertThat(terminal.run(command)).isZero();
        assertThat(terminal.out()).contains("# asks 2 questions at most");
        assertThat(terminal.err())
                .isEqualTo("daa: " + opponent + ": 2 of 3 responses are not compared, the first at " + opponent + ":1: "
                        + policy + " has no further response to their prompts\n");
    }
}
