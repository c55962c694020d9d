package dev.daa.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// What became of the rows of one file.
final class RowTally {
    private static final int SHOWN = 5;

    private final Path file;
    private final Map<DropReason, List<Long>> dropped = new EnumMap<>(DropReason.class);
    private long rows;
    private long truncated;

    RowTally(Path file) {
        this.file = file;
    }

    void read() {
        rows++;
    }

    void truncated() {
        truncated++;
    }

    void dropped(DropReason reason, long line) {
        dropped.computeIfAbsent(reason, _ -> new ArrayList<>()).add(line);
    }

    RowCounts summary() {
        return new RowCounts(
                file.toString(),
                rows,
                truncated,
                dropped.entrySet().stream()
                        .collect(Collectors.toMap(
                                entry -> entry.getKey().name().toLowerCase(Locale.ROOT),
                                entry -> (long) entry.getValue().size(),
                                (first, _) -> first,
                                java.util.TreeMap::new)));
    }

    /// One line for people, empty when every row is used as it is.
    String note() {
        if (dropped.isEmpty() && truncated == 0) {
            return "";
        }
        String note = file + ": " + String.format(Locale.ROOT, "%,d rows", rows);
        if (!dropped.isEmpty()) {
            note += "; left out " + reasons();
        }
        return truncated == 0 ? note : note + String.format(Locale.ROOT, "; shortened %,d", truncated);
    }

    /// `5 (chosen and rejected have different prompts: lines 3, 7), …`
    String reasons() {
        return dropped.entrySet().stream()
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%,d (%s: %s %s)",
                        entry.getValue().size(),
                        entry.getKey().meaning(),
                        entry.getValue().size() == 1 ? "line" : "lines",
                        lines(entry.getValue())))
                .collect(Collectors.joining(", "));
    }

    /// The first few of a list of lines: `3, 7, 12, …`.
    static String lines(List<Long> lines) {
        String first = lines.stream().limit(SHOWN).map(String::valueOf).collect(Collectors.joining(", "));
        return lines.size() > SHOWN ? first + ", …" : first;
    }
}
