package dev.daa.eval.study;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Studies that come with the program, as YAML.
public final class StudyPresets {
    /// Names by which they are asked for.
    public static final List<String> NAMES =
            List.of("quick", "standard", "paper", "mitigations", "rlhf", "reward-models");

    private StudyPresets() {}

    /// YAML of a preset.
    public static String yaml(String name) {
        if (!NAMES.contains(name)) {
            throw new InputException("preset is '" + name + "', expected one of " + String.join(", ", NAMES));
        }
        try (InputStream preset = StudyPresets.class.getResourceAsStream(name + ".yaml")) {
            if (preset == null) {
                throw new IllegalStateException("preset " + name + " is not in the jar");
            }
            return new String(preset.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
