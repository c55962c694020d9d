package dev.daa.eval.study.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTableTest {
    @TempDir
    Path folder;

    /// A study that an earlier version of the program began.
    @Test
    void rowsFromBeforeAColumnAreEmptyThere() throws IOException {
        Path old = folder.resolve("a");
        new RunTable("t.csv", "run,x").keep(old, "a,1");
        RunTable now = new RunTable("t.csv", "run,x,y,z");
        Path own = folder.resolve("b");
        now.keep(own, "b,2,3,4");
        now.gather(folder, List.of(own, old));
        assertThat(Files.readString(folder.resolve("t.csv"))).isEqualTo("run,x,y,z\na,1,,\nb,2,3,4\n");
    }
}
