package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.ScoredPrompt;
import dev.daa.model.checkpoint.DurableFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Proxy and gold reward of every sample in a file: a header with `prompt,proxy,gold` and optionally `seed`, in any
/// order, then a sample per line; the lines of one prompt and seed are its samples. A run of best of n keeps its own as
/// `runs/RUN/scores.csv`, to the precision of floats. Errors name file, line and column.
public final class ScoresCsv {
    private static final List<String> COLUMNS = List.of("prompt", "seed", "proxy", "gold");
    private static final List<String> NEEDED = List.of("prompt", "proxy", "gold");

    private record Key(String prompt, String seed) {}

    private ScoresCsv() {}

    /// Where the folder of a run has it.
    public static Path in(Path run) {
        return run.resolve("scores.csv");
    }

    public static void write(Path file, List<ScoredPrompt> prompts) {
        StringBuilder text = new StringBuilder(String.join(",", COLUMNS)).append('\n');
        for (ScoredPrompt prompt : prompts) {
            String start = CsvLine.quoted(prompt.prompt()) + "," + CsvLine.quoted(prompt.seed()) + ",";
            for (int i = 0; i < prompt.proxy().length; i++) {
                text.append(start)
                        .append((float) prompt.proxy()[i])
                        .append(',')
                        .append((float) prompt.gold()[i])
                        .append('\n');
            }
        }
        DurableFile.write(file, text.toString());
    }

    public static List<ScoredPrompt> read(Path file) {
        List<String> lines = CurveCsv.lines(file, "prompt,proxy,gold");
        CsvLine.Header header = CsvLine.header(file, lines.getFirst());
        requireColumns(file, header);
        Map<Key, List<double[]>> samples = new LinkedHashMap<>();
        for (int line = 2; line <= lines.size(); line++) {
            if (!lines.get(line - 1).isBlank()) {
                CsvLine row = CsvLine.parse(header, line, lines.get(line - 1));
                Key key = new Key(row.text("prompt"), row.has("seed") ? row.text("seed") : "");
                samples.computeIfAbsent(key, _ -> new ArrayList<>())
                        .add(new double[] {finite(row, "proxy"), finite(row, "gold")});
            }
        }
        if (samples.isEmpty()) {
            throw InputException.of(file.toString(), "no sample", "a line for each below the header", "");
        }
        List<ScoredPrompt> prompts = new ArrayList<>();
        samples.forEach((key, rows) -> prompts.add(new ScoredPrompt(
                key.prompt(),
                key.seed(),
                rows.stream().mapToDouble(row -> row[0]).toArray(),
                rows.stream().mapToDouble(row -> row[1]).toArray())));
        return prompts;
    }

    private static void requireColumns(Path file, CsvLine.Header header) {
        for (String column : header.columns()) {
            if (!COLUMNS.contains(column)) {
                throw InputException.of(
                        file + ":1",
                        "column '" + column + "'",
                        "prompt, proxy, gold and optionally seed",
                        "rename or leave out others");
            }
            if (header.columns().indexOf(column) != header.columns().lastIndexOf(column)) {
                throw InputException.of(file + ":1", "a second column '" + column + "'", "each column once", "");
            }
        }
        for (String needed : NEEDED) {
            if (!header.columns().contains(needed)) {
                throw InputException.of(file + ":1", "no column '" + needed + "'", "prompt, proxy and gold", "");
            }
        }
    }

    private static double finite(CsvLine row, String column) {
        double value = row.real(column);
        if (!Double.isFinite(value)) {
            throw InputException.of(row.place(column), column + " '" + row.words(column) + "'", "a finite number", "");
        }
        return value;
    }
}
