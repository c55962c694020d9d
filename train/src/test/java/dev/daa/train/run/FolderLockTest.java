package dev.daa.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class FolderLockTest {
    @TempDir
    Path folder;

    /// Holds a folder until it is killed.
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws InterruptedException {
            FolderLock.take(Path.of(arguments[0]));
            System.out.println("held");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private void refused() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> FolderLock.take(folder))
                .withMessage(folder + ": another daa process is writing here; wait for it, or choose another --out");
    }

    @Test
    void isHeldOnceUntilItIsClosed() {
        try (FolderLock _ = FolderLock.take(folder)) {
            refused();
        }
        FolderLock.take(folder).close();
    }

    @Test
    void ofAnotherProcessVanishesWhenThatIsKilled() throws IOException, InterruptedException {
        Process holder = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(holder.inputReader().readLine()).isEqualTo("held");
        refused();
        holder.destroyForcibly();
        assertThat(holder.waitFor(60, TimeUnit.SECONDS)).isTrue();
        FolderLock.take(folder).close();
    }
}
