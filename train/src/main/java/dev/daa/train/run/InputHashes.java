package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Hashes of all that a run reads besides the model that it trains, by path, for its [Manifest].
public final class InputHashes {
    private final Map<String, String> hashes = new TreeMap<>();

    /// Adds a data file; null adds nothing.
    public InputHashes file(@Nullable Path file) {
        if (file != null) {
            hashes.computeIfAbsent(file.toString(), _ -> DataHash.of(file));
        }
        return this;
    }

    /// Adds config and weights of a model; null adds nothing.
    public InputHashes model(@Nullable ModelFolder model) {
        if (model != null) {
            hashes.computeIfAbsent(model.path().toString(), _ -> model.hash());
        }
        return this;
    }

    /// Adds jars, and the classes in folders.
    public InputHashes classes(List<Path> classpath) {
        for (Path place : classpath) {
            if (Files.isDirectory(place)) {
                classesIn(place);
            } else {
                file(place);
            }
        }
        return this;
    }

    private void classesIn(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(file -> file.toString().endsWith(".class")).forEach(this::file);
        } catch (IOException e) {
            throw new InputException(folder + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /// By path.
    public Map<String, String> byPath() {
        return new TreeMap<>(hashes);
    }
}
