package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DurableFileTest {
    @TempDir
    Path folder;

    private void fails(IOException reason) {
        DurableFile.write(folder.resolve("points.csv"), _ -> {
            throw reason;
        });
    }

    @Test
    void aFullDiskIsOneClearLineAndLeavesWhatWasThere() throws IOException {
        Path file = Files.writeString(folder.resolve("points.csv"), "before");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> fails(new IOException("No space left on device")))
                .withMessage(file
                        + ": the disk is full; free some space or choose another --out folder, then run the same"
                        + " command");
        assertThat(file).hasContent("before");
        assertThat(folder.toFile().list()).containsExactly("points.csv");
    }

    @Test
    void aLackOfSpaceIsKnownWhateverItIsWrappedIn() {
        IOException full = new IOException("No space left on device");
        IOException quota = new FileSystemException("points.csv", null, "Disk quota exceeded");
        Path file = folder.resolve("points.csv");
        assertThat(WriteFailure.isOfSpace(WriteFailure.of(file, full))).isTrue();
        assertThat(WriteFailure.isOfSpace(WriteFailure.of(file, quota))).isTrue();
        assertThat(WriteFailure.isOfSpace(new UncheckedIOException(full))).isTrue();
        assertThat(WriteFailure.isOfSpace(WriteFailure.of(file, new IOException("File too large"))))
                .as("smaller files may still be written")
                .isFalse();
        assertThat(WriteFailure.isOfSpace(new IllegalStateException("No space left on device")))
                .isFalse();
    }

    /// No person can mend what they gave: it is no [InputException], whichever class Java has for it.
    @Test
    void aDiskThatDoesNotAnswerIsAFailure() {
        String line = folder.resolve("points.csv") + ": cannot be written (Input/output error)";
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> fails(new IOException("Input/output error")))
                .withMessage(line);
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> fails(new FileSystemException("aside", "points.csv", "Input/output error")))
                .withMessage(line);
    }
}
