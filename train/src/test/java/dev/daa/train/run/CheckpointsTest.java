package dev.daa.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointsTest {
    @TempDir
    Path folder;

    /// Files whose content and size follow from the step, so that a mixture of two checkpoints shows.
    private static void fill(Path checkpoint, long step) {
        try {
            Files.createDirectories(checkpoint.resolve("optimizer"));
            Files.writeString(checkpoint.resolve("model.safetensors"), ("weights " + step + "\n").repeat(1000));
            Files.writeString(checkpoint.resolve("optimizer/moments"), "moments " + step);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void save(Checkpoints checkpoints, long step) {
        checkpoints.save(step, at -> fill(at, step));
    }

    private static void assertHoldsItsStep(Checkpoint checkpoint) throws IOException {
        assertThat(checkpoint.folder().resolve("model.safetensors"))
                .hasContent(("weights " + checkpoint.step() + "\n").repeat(1000));
        assertThat(checkpoint.folder().resolve("optimizer/moments")).hasContent("moments " + checkpoint.step());
    }

    private List<Long> steps() {
        return new Checkpoints(folder).list().stream().map(Checkpoint::step).toList();
    }

    @Test
    void listsWhatWasSavedByStep() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        assertThat(checkpoints.latest()).isEmpty();
        save(checkpoints, 7);
        save(checkpoints, 33);
        save(checkpoints, 13);
        assertThat(steps()).containsExactly(7L, 13L, 33L);
        assertThat(checkpoints.latest()).map(Checkpoint::step).isEqualTo(Optional.of(33L));
        for (Checkpoint checkpoint : checkpoints.list()) {
            assertHoldsItsStep(checkpoint);
        }
    }

    @Test
    void aKillWhileWritingLeavesNothingThatCounts() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        save(checkpoints, 7);
        fill(Files.createDirectories(folder.resolve("checkpoints/.step-13.partial")), 999);
        assertThat(steps()).containsExactly(7L);
        save(checkpoints, 13);
        assertThat(steps()).containsExactly(7L, 13L);
        assertHoldsItsStep(checkpoints.latest().orElseThrow());
    }

    @Test
    void aKillBeforeTheMarkerLeavesNothingThatCounts() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        save(checkpoints, 7);
        save(checkpoints, 13);
        Files.delete(folder.resolve("checkpoints/step-13").resolve(Checkpoints.MARKER));
        assertThat(steps()).containsExactly(7L);
        save(checkpoints, 13);
        assertThat(steps()).containsExactly(7L, 13L);
    }

    /// A kill between the old checkpoint's renaming and the new one's.
    @Test
    void aCheckpointCountsUntilTheOneThatReplacesItDoes() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        save(checkpoints, 7);
        save(checkpoints, 13);
        Path named = folder.resolve("checkpoints/step-13");
        Path replaced = folder.resolve("checkpoints/.step-13.replaced");
        Files.move(named, replaced);
        assertThat(steps()).containsExactly(7L, 13L);
        assertHoldsItsStep(checkpoints.latest().orElseThrow());
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> checkpoints.save(13, at -> {
                    throw new InputException("the disk is full");
                }));
        assertThat(steps()).containsExactly(7L, 13L);
        save(checkpoints, 13);
        assertThat(checkpoints.latest().orElseThrow().folder()).isEqualTo(named);
        assertThat(replaced).doesNotExist();
        Files.move(named, replaced);
        save(new Checkpoints(folder.resolve("other")), 13);
        Files.move(folder.resolve("other/checkpoints/step-13"), named);
        assertThat(steps()).containsExactly(7L, 13L);
        assertThat(checkpoints.latest().orElseThrow().folder()).isEqualTo(named);
        checkpoints.deleteBefore(14);
        assertThat(steps()).isEmpty();
    }

    @Test
    void aMarkerCutAnywhereDoesNotCount() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        save(checkpoints, 13);
        Path marker = folder.resolve("checkpoints/step-13").resolve(Checkpoints.MARKER);
        String whole = Files.readString(marker).strip();
        for (int length = 0; length < whole.length(); length++) {
            Files.writeString(marker, whole.substring(0, length));
            assertThat(steps()).as("marker of %d characters", length).isEmpty();
        }
        Files.writeString(marker, whole);
        assertThat(steps()).containsExactly(13L);
    }

    @Test
    void aFileThatIsCutOrMissingMakesTheCheckpointNotCount() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        save(checkpoints, 7);
        save(checkpoints, 13);
        Path weights = folder.resolve("checkpoints/step-13/model.safetensors");
        byte[] whole = Files.readAllBytes(weights);
        for (int length : new int[] {0, 1, whole.length / 2, whole.length - 1}) {
            Files.write(weights, Arrays.copyOf(whole, length));
            assertThat(steps()).as("%d bytes", length).containsExactly(7L);
        }
        Files.delete(weights);
        assertThat(steps()).containsExactly(7L);
    }

    @Test
    void aFullDiskIsOneClearLineAndLeavesThePreviousCheckpoint() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        save(checkpoints, 7);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> checkpoints.save(13, at -> {
                    fill(at, 13);
                    throw new UncheckedIOException(
                            new FileSystemException(at.toString(), null, "No space left on device"));
                }))
                .withMessage(folder.resolve("checkpoints/step-13")
                        + ": the disk is full; free some space or choose another --out folder, then run the same"
                        + " command");
        assertThat(steps()).containsExactly(7L);
        try (Stream<Path> left = Files.list(folder.resolve("checkpoints"))) {
            assertThat(left).containsExactly(folder.resolve("checkpoints/step-7"));
        }
    }

    @Test
    void aRunReachedItsEndOnceThatIsSaved() throws IOException {
        Checkpoints checkpoints = new Checkpoints(folder);
        UncheckedIOException full = new UncheckedIOException(new IOException("No space left on device"));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> checkpoints.save(7, _ -> {
                    throw full;
                }));
        assertThat(checkpoints.reached(7)).isFalse();
        save(checkpoints, 7);
        assertThat(checkpoints.reached(7)).isTrue();
        assertThat(checkpoints.reached(13)).isFalse();
        DurableFolder.deleteTree(folder.resolve("checkpoints"));
        assertThat(checkpoints.reached(7)).as("deleted by somebody").isTrue();
    }

    /// Saves checkpoints without end, for the test below to kill.
    static final class Saver {
        private Saver() {}

        public static void main(String[] arguments) {
            Checkpoints checkpoints = new Checkpoints(Path.of(arguments[0]));
            for (long step = 1; ; step++) {
                save(checkpoints, step % 5 + 1);
            }
        }
    }

    @Test
    void survivesKillsAtAnyMoment() throws IOException, InterruptedException {
        int before = 1;
        for (int kill = 0; kill < 5; kill++) {
            Process saver = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElse("java"),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Saver.class.getName(),
                            folder.toString())
                    .inheritIO()
                    .start();
            Path first = folder.resolve("checkpoints/step-2");
            while (saver.isAlive() && !Files.exists(first.resolve(Checkpoints.MARKER))) {
                Thread.sleep(5);
            }
            Thread.sleep(17L * kill);
            assertThat(saver.isAlive()).isTrue();
            saver.destroyForcibly();
            assertThat(saver.waitFor(60, TimeUnit.SECONDS)).isTrue();
            List<Checkpoint> whole = new Checkpoints(folder).list();
            assertThat(whole).hasSizeGreaterThanOrEqualTo(before);
            before = whole.size();
            for (Checkpoint checkpoint : whole) {
                assertHoldsItsStep(checkpoint);
            }
        }
    }
}
