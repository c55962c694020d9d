package dev.daa.eval.study.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A file of comma-separated values with one row a run, whose name is the first field.
final class RunTable {
    private RunTable() {}

    /// Writes rows by their run; those of other runs that the file has stay.
    static void write(Path file, String header, Map<String, String> rows) {
        try {
            Map<String, String> all = new TreeMap<>();
            if (Files.exists(file)) {
                Files.readAllLines(file).stream()
                        .skip(1)
                        .forEach(line -> all.put(line.substring(0, line.indexOf(',')), line));
            }
            all.putAll(rows);
            List<String> lines = new ArrayList<>();
            lines.add(header);
            lines.addAll(all.values());
            Files.createDirectories(file.getParent());
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
