package dev.daa.eval.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.ScoredPrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScoresCsvTest {
    @TempDir
    Path folder;

    private List<ScoredPrompt> read(String text) throws IOException {
        return ScoresCsv.read(Files.writeString(folder.resolve("scores.csv"), text));
    }

    @Test
    void whatIsWrittenIsRead() {
        Path file = folder.resolve("scores.csv");
        ScoresCsv.write(
                file,
                List.of(
                        new ScoredPrompt("why, \"so\"?", "1", new double[] {0.5f, -1.25e-7f}, new double[] {3, 4}),
                        new ScoredPrompt("why, \"so\"?", "2", new double[] {0.1f}, new double[] {-2})));
        List<ScoredPrompt> read = ScoresCsv.read(file);
        assertThat(read).extracting(ScoredPrompt::seed).containsExactly("1", "2");
        assertThat(read).extracting(ScoredPrompt::prompt).containsOnly("why, \"so\"?");
        assertThat(read.getFirst().proxy()).usingComparatorWithPrecision(1e-12).containsExactly(0.5, -1.25e-7);
        assertThat(read.getFirst().gold()).containsExactly(3, 4);
        assertThat(read.getLast().gold()).containsExactly(-2);
    }

    /// As a spreadsheet saves it, columns in another order and the lines of a prompt apart.
    @Test
    void linesOfOnePromptAreItsSamples() throws IOException {
        List<ScoredPrompt> read = read("\uFEFFgold,prompt,proxy\r\n1,a,2\r\n3,b,4\r\n5,a,6\r\n");
        assertThat(read).extracting(ScoredPrompt::prompt).containsExactly("a", "b");
        assertThat(read.getFirst().proxy()).containsExactly(2, 6);
        assertThat(read.getFirst().gold()).containsExactly(1, 5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "prompt,proxy|:1: found no column 'gold'",
                "prompt,proxy,gold,seeed|:1: found column 'seeed', expected prompt, proxy, gold and optionally seed",
                "prompt,proxy,gold,gold|:1: found a second column 'gold'",
                "prompt,proxy,gold|found no sample",
                "prompt,proxy,gold/a,1|:2: found 2 fields, expected 3",
                "prompt,proxy,gold/a,1,NaN|:2:5: found gold 'NaN', expected a finite number",
                "prompt,proxy,gold/a,,1|:2:3: found proxy '', expected a finite number",
                "prompt,proxy,gold/a,x,1|:2:3: found \"x\" in column proxy, expected a number",
                "prompt,proxy,gold/,1,1|:2:1: found \"\" in column prompt, expected a value"
            })
    void errorsNameTheirPlace(String text, String message) {
        assertThatThrownBy(() -> read(text.replace('/', '\n') + "\n"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("scores.csv" + (message.startsWith(":") ? message : ": " + message));
    }
}
