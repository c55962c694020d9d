package dev.daa.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class BuildTest {
    @Test
    void aRevisionSaysWhetherItIsWhatWasBuilt() {
        assertThat(new Build("1.0", "abc", false).revisionInWords()).isEqualTo("abc");
        assertThat(new Build("1.0", "abc", true).revisionInWords()).isEqualTo("abc, changed");
    }

    /// In a linked worktree, too, whose commit is not that of the main checkout.
    @Test
    void theRevisionIsTheCommitOfTheCheckout() throws IOException, InterruptedException {
        Path root = Path.of("..").toAbsolutePath().normalize();
        assumeTrue(Files.exists(root.resolve(".git")), "no checkout");
        Process git = new ProcessBuilder("git", "rev-parse", "HEAD")
                .directory(root.toFile())
                .start();
        String head = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assumeTrue(git.waitFor() == 0, "git refuses the checkout");
        assertThat(Build.current().revision()).isEqualTo(head);
    }
}
