package dev.daa.train.data;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Public data sets that stand beside the project and are not part of it.
final class SharedData {
    private SharedData() {}

    /// A file of `shared/data` above the working directory; the test is skipped when there is none.
    static Path at(String name) {
        Path found = Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
                .map(folder -> folder.resolve("shared/data").resolve(name))
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of(name));
        assumeTrue(Files.exists(found), () -> "shared/data/" + name + " stands in no folder above the project");
        return found;
    }
}
