package dev.daa.model.checkpoint;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Files that stand beside the project and are not part of it: golden models and published vectors.
public final class SharedFiles {
    private SharedFiles() {}

    /// A path below the nearest folder `shared` above the working directory; the test is skipped when there is
    /// none.
    public static Path at(String relative) {
        Path found = Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
                .map(folder -> folder.resolve("shared").resolve(relative))
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of(relative));
        assumeTrue(
                Files.exists(found),
                () -> "shared/" + relative + " stands in no folder above "
                        + Path.of("").toAbsolutePath());
        return found;
    }
}
