package dev.daa.eval.study.stage;

import dev.daa.model.checkpoint.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// A table of comma-separated values with one row a run, whose name is the first field. A run's folder keeps the
/// header and its own row from when that is measured on; the report gathers the rows.
///
/// @param name of the file, in runs' folders and in the report
public record RunTable(String name, String header) {
    /// Keeps the row of a run in its folder.
    void keep(Path run, String row) {
        write(DurableFile.createFolder(run), List.of(row));
    }

    /// Whether the folder of a run has its row.
    public boolean isKept(Path run) {
        return Files.exists(run.resolve(name));
    }

    /// Writes the report's table from the rows that runs keep, by their names; none where no run has one. Columns
    /// come at the end: those that the table did not have yet are empty.
    ///
    /// @param report folder that exists
    public void gather(Path report, Collection<Path> runs) throws IOException {
        List<String> rows = new ArrayList<>();
        for (Path run : runs.stream().filter(this::isKept).sorted().toList()) {
            List<String> kept = Files.readAllLines(run.resolve(name));
            String since = ",".repeat(commas(header) - commas(kept.getFirst()));
            kept.stream().skip(1).map(row -> row + since).forEach(rows::add);
        }
        if (!rows.isEmpty()) {
            write(report, rows);
        }
    }

    private static int commas(String line) {
        return (int) line.chars().filter(one -> one == ',').count();
    }

    private void write(Path folder, List<String> rows) {
        DurableFile.write(folder.resolve(name), header + "\n" + String.join("\n", rows) + "\n");
    }
}
