package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.tools.ToolProvider;

/// Compiles the classes that users bring.
public final class UserClass {
    private UserClass() {}

    /// @param folder of sources and classes
    /// @param name of the source without `.java`, as `my/Class`
    public static void compile(Path folder, String name, String source) throws IOException {
        Path file = folder.resolve(name + ".java");
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.writeString(file, source);
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        file.toString());
        assertThat(result).as("javac of " + name).isZero();
    }
}
