package dev.daa.train.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// Which build of daa this is.
///
/// @param version release
/// @param revision git commit; `unknown` when built outside a checkout
/// @param dirty whether the checkout had changes that were not committed
public record Build(String version, String revision, boolean dirty) {
    private static final String UNKNOWN = "unknown";

    /// The revision for people: `abc123`, or `abc123, changed` where the checkout was not that commit.
    public String revisionInWords() {
        return revision + (dirty ? ", changed" : "");
    }

    /// The build that is running.
    public static Build current() {
        try (InputStream resource = Build.class.getResourceAsStream("build.properties")) {
            if (resource == null) {
                throw new IllegalStateException("build.properties is missing from the jar");
            }
            Properties properties = new Properties();
            properties.load(resource);
            return new Build(
                    properties.getProperty("version", UNKNOWN),
                    properties.getProperty("revision", UNKNOWN),
                    Boolean.parseBoolean(properties.getProperty("dirty", "false")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
