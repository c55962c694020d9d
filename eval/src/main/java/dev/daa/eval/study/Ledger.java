package dev.daa.eval.study;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// `ledger.jsonl`: one line for every run that failed and every cell that ended or is to be run again, the last line of
/// a run being the one that counts. A line that a kill or a full disk cut off, as it could in earlier versions, is
/// taken away.
final class Ledger {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    private final Path file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /// How a run ended.
    ///
    /// @param run name of the run folder
    /// @param status `done`, `failed`, or `again` for one that was done and is to be run again
    /// @param config hash of the cell's resolved config; empty unless done
    /// @param seconds wall time
    /// @param finished time, ISO 8601
    /// @param error one line; empty when done
    record Entry(String run, String status, String config, double seconds, String finished, String error) {
        boolean done() {
            return status.equals("done");
        }
    }

    private Ledger(Path file) {
        this.file = file;
    }

    static Ledger open(Path file) {
        Ledger ledger = new Ledger(file);
        if (Files.exists(file)) {
            try {
                List<String> lines = DurableFile.wholeLines(file);
                for (int i = 0; i < lines.size(); i++) {
                    ledger.take(lines.get(i), i + 1);
                }
            } catch (IOException e) {
                throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
            }
        }
        return ledger;
    }

    private void take(String line, int number) {
        if (line.isBlank()) {
            return;
        }
        try {
            Entry entry = JSON.readValue(line, Entry.class);
            entries.put(entry.run(), entry);
        } catch (JacksonException e) {
            throw new InputException(
                    file + ":" + number + ": found a line that is no ledger entry; delete that line", e);
        }
    }

    /// Whether the run ended well under the same config.
    synchronized boolean done(String run, String config) {
        Entry entry = entries.get(run);
        return entry != null && entry.done() && entry.config().equals(config);
    }

    /// Runs that ended well, under whatever config.
    synchronized List<String> finished() {
        return entries.values().stream().filter(Entry::done).map(Entry::run).toList();
    }

    synchronized void record(Entry entry) {
        List<String> lines = new ArrayList<>();
        try {
            if (Files.isRegularFile(file)) {
                lines.addAll(DurableFile.wholeLines(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lines.add(JSON.writeValueAsString(entry));
        // As a whole: what a full disk leaves of a line would spoil the next one.
        DurableFile.write(file, String.join("\n", lines) + "\n");
        entries.put(entry.run(), entry);
    }
}
