package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a process of its own says and returns after SIGTERM.
@Timeout(120)
final class SignalTest {
    private static final String FIRST_WINS = "sed 's/.*\"id\":\\([0-9]*\\).*/{\"id\":\\1,\"winner\":\"first\"}/'";

    @TempDir
    Path folder;

    /// Starts the judgement of responses against others with a `!` more.
    private Process judge(String responses, String command) throws IOException {
        Path data = Files.writeString(folder.resolve("data.jsonl"), responses);
        Path opponent = Files.writeString(
                folder.resolve("opponent.jsonl"), responses.replace("\"response\":\"", "\"response\":\"!"));
        List<String> line = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        line.addAll(List.of("judge", "--data", data.toString(), "--opponent", opponent.toString()));
        line.addAll(List.of("--cache", folder.resolve("cache.jsonl").toString(), "--command", command));
        return new ProcessBuilder(line)
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private int exitAfterSignal(Process process) throws InterruptedException {
        while (process.isAlive() && !Files.exists(folder.resolve("ready"))) {
            Thread.sleep(5);
        }
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    /// A failure after the signal, of the cache's place here, is no interruption with everything saved.
    @RepeatedTest(3)
    void aFailureAfterTheSignalIsToldAndKeepsItsExitCode() throws IOException, InterruptedException {
        Path cache = folder.resolve("cache.jsonl");
        String command = "trap '' TERM; touch " + folder.resolve("ready") + "; sleep 0.5; rm -f " + cache + "; mkdir "
                + cache + "; " + FIRST_WINS;
        assertThat(exitAfterSignal(judge("{\"prompt\":\"p\",\"response\":\"a\"}\n", command)))
                .isEqualTo(2);
        assertThat(folder.resolve("err")).content().contains("daa: " + cache).doesNotContain("interrupted");
    }

    @Test
    void aSignalEndsTheJudge() throws IOException, InterruptedException {
        String command = "touch " + folder.resolve("ready") + "; sleep 60; " + FIRST_WINS;
        assertThat(exitAfterSignal(judge("{\"prompt\":\"p\",\"response\":\"a\"}\n", command)))
                .isEqualTo(130);
        assertThat(Files.readString(folder.resolve("err")).lines())
                .contains("daa: the judge command was interrupted; the same command goes on, with the answers so far");
    }

    /// A program that lets the signal pass answers what it was asked.
    @Test
    void aSignalStopsTheJudgeAndKeepsItsAnswers() throws IOException, InterruptedException {
        List<String> data = IntStream.range(0, 13)
                .mapToObj(i -> "{\"prompt\":\"p" + i + "\",\"response\":\"a\"}")
                .toList();
        String command = "trap '' TERM; touch " + folder.resolve("ready") + "; sleep 0.5; " + FIRST_WINS;
        assertThat(exitAfterSignal(judge(String.join("\n", data), command))).isEqualTo(130);
        assertThat(folder.resolve("err"))
                .content()
                .contains("daa: stopped with 10 questions left; the same command goes on, with the answers in ");
        assertThat(Files.readAllLines(folder.resolve("cache.jsonl"))).hasSize(16);
    }
}
