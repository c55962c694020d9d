package dev.daa.eval.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("ledger.jsonl");
    }

    private static Ledger.Entry entry(String run, String status, String config) {
        return new Ledger.Entry(run, status, config, 1.5, "2026-01-01T00:00:00Z", "");
    }

    @Test
    void theLastLineOfACellCounts() throws IOException {
        Ledger ledger = Ledger.open(file);
        ledger.record(entry("a", "failed", ""));
        ledger.record(entry("b", "done", "hash"));
        ledger.record(entry("a", "done", "hash"));
        for (Ledger opened : List.of(ledger, Ledger.open(file))) {
            assertThat(opened.done("a", "hash")).isTrue();
            assertThat(opened.done("a", "another hash")).isFalse();
            assertThat(opened.done("c", "hash")).isFalse();
        }
        assertThat(Files.readAllLines(file))
                .hasSize(3)
                .startsWith("{\"run\":\"a\",\"status\":\"failed\",\"config\":\"\",\"seconds\":1.5,"
                        + "\"finished\":\"2026-01-01T00:00:00Z\",\"error\":\"\"}");
        ledger.record(entry("a", "failed", "hash"));
        assertThat(Ledger.open(file).done("a", "hash")).isFalse();
    }

    /// Whatever a kill leaves of the last line, the lines before it count and later ones stand on lines of their
    /// own.
    @Test
    void aLineThatWasCutIsTakenAway() throws IOException {
        Ledger whole = Ledger.open(file);
        whole.record(entry("a", "done", "hash"));
        int first = (int) Files.size(file);
        whole.record(entry("b", "done", "hash"));
        String text = Files.readString(file);
        for (int cut = first; cut < text.length(); cut++) {
            Files.writeString(file, text.substring(0, cut));
            Ledger ledger = Ledger.open(file);
            assertThat(ledger.done("a", "hash")).isTrue();
            assertThat(ledger.done("b", "hash")).isFalse();
            ledger.record(entry("c", "done", "hash"));
            assertThat(Files.readAllLines(file)).hasSize(2);
            assertThat(Ledger.open(file).done("c", "hash")).isTrue();
        }
    }

    /// The next one stands on a line of its own.
    @Test
    void aLineThatAFullDiskCutIsTakenAwayAtOnce() throws IOException {
        Ledger ledger = Ledger.open(file);
        ledger.record(entry("a", "done", "hash"));
        Files.writeString(file, "{\"run\":\"b\",\"sta", StandardOpenOption.APPEND);
        ledger.record(entry("c", "done", "hash"));
        assertThat(Files.readAllLines(file)).hasSize(2);
        assertThat(Ledger.open(file).finished()).containsExactly("a", "c");
    }

    @Test
    void whatCouldNotBeWrittenDoesNotCount() throws IOException {
        Ledger ledger = Ledger.open(file);
        Files.createDirectory(file);
        assertThatExceptionOfType(InputException.class).isThrownBy(() -> ledger.record(entry("a", "done", "hash")));
        assertThat(ledger.done("a", "hash")).isFalse();
    }

    @Test
    void aLineThatIsNoEntryIsNamed() throws IOException {
        Files.writeString(file, "\n{\"run\":\"a\"}\n");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Ledger.open(file))
                .withMessage(file + ":2: found a line that is no ledger entry; delete that line");
    }
}
