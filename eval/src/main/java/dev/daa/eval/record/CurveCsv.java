package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.model.json.ByteOrderMark;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Points of a curve in a file: a header with `distance,reward` and optionally `se`, `cluster` and `seed`, in any
/// order, then a point per line. Without a cluster a point stands with those of its seed, by itself where it has none.
/// Errors name file, line and column.
public final class CurveCsv {
    private static final List<String> COLUMNS = List.of("distance", "reward", "se", "cluster", "seed");

    private CurveCsv() {}

    public static SampledCurve read(Path file) {
        List<String> lines = lines(file, "distance,reward");
        List<String> header = header(file, lines.getFirst());
        List<double[]> rows = new ArrayList<>();
        List<Integer> clusters = new ArrayList<>();
        List<Integer> seeds = new ArrayList<>();
        Map<String, Integer> clusterNumbers = new HashMap<>();
        Map<String, Integer> seedNumbers = new HashMap<>();
        for (int line = 2; line <= lines.size(); line++) {
            String text = lines.get(line - 1);
            if (text.isBlank()) {
                continue;
            }
            List<CsvLine.Field> fields = CsvLine.fields(file + ":" + line, text);
            if (fields.size() != header.size()) {
                throw InputException.of(
                        file + ":" + line, fields.size() + " fields", header.size() + " as in the header", "");
            }
            double[] row = new double[3];
            int cluster = rows.size();
            for (int f = 0; f < fields.size(); f++) {
                String name = header.get(f);
                String place = file + ":" + line + ":" + fields.get(f).position();
                String value = fields.get(f).text().strip();
                if (name.equals("cluster")) {
                    cluster = numbered(clusterNumbers, place, name, value);
                } else if (name.equals("seed")) {
                    seeds.add(numbered(seedNumbers, place, name, value));
                } else {
                    row[COLUMNS.indexOf(name)] = number(place, name, value);
                }
            }
            rows.add(row);
            clusters.add(clusterNumbers.isEmpty() && !seeds.isEmpty() ? seeds.getLast() : cluster);
        }
        double[] distance = rows.stream().mapToDouble(row -> row[0]).toArray();
        double[] reward = rows.stream().mapToDouble(row -> row[1]).toArray();
        double[] standardError =
                header.contains("se") ? rows.stream().mapToDouble(row -> row[2]).toArray() : new double[0];
        CurvePoints points = new CurvePoints(
                distance,
                reward,
                standardError,
                clusters.stream().mapToInt(Integer::intValue).toArray());
        return seeds.isEmpty()
                ? SampledCurve.of(points)
                : SampledCurve.of(
                        points, seeds.stream().mapToLong(Integer::longValue).toArray());
    }

    /// The lines of a file that is not empty.
    ///
    /// @param columns that its header has at least
    static List<String> lines(Path file, String columns) {
        if (Files.isDirectory(file)) {
            throw InputException.of(file.toString(), "a folder", "a CSV file with " + columns, "");
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (MalformedInputException binary) {
            throw new InputException(file + ": not a UTF-8 text file", binary);
        } catch (IOException unreadable) {
            throw new InputException(file + ": no such file, or it cannot be read", unreadable);
        }
        if (lines.isEmpty()) {
            throw InputException.of(file + ":1:1", "an empty file", "a header with " + columns, "");
        }
        return lines;
    }

    /// A number for a name, the same wherever it stands.
    private static int numbered(Map<String, Integer> numbers, String place, String column, String name) {
        if (name.isEmpty()) {
            throw InputException.of(
                    place,
                    column + " ''",
                    "the name of the point's " + (column.equals("cluster") ? "run" : column),
                    "");
        }
        return numbers.computeIfAbsent(name, _ -> numbers.size());
    }

    private static List<String> header(Path file, String line) {
        List<String> header = new ArrayList<>();
        for (CsvLine.Field field : CsvLine.fields(file + ":1", ByteOrderMark.strip(line))) {
            String name = field.text().strip();
            String place = file + ":1:" + field.position();
            if (!COLUMNS.contains(name)) {
                throw InputException.of(
                        place,
                        "column '" + name + "'",
                        "distance, reward and optionally se, cluster, seed",
                        "rename or leave out others; a study's points.csv goes as it is");
            }
            if (header.contains(name)) {
                throw InputException.of(place, "a second column '" + name + "'", "each column once", "");
            }
            header.add(name);
        }
        for (String needed : List.of("distance", "reward")) {
            if (!header.contains(needed)) {
                throw InputException.of(file + ":1", "no column '" + needed + "'", "distance and reward", "");
            }
        }
        return header;
    }

    private static double number(String place, String name, String text) {
        double value;
        try {
            value = Double.parseDouble(text);
        } catch (NumberFormatException malformed) {
            value = Double.NaN;
        }
        boolean inside = switch (name) {
            case "distance" -> value >= 0;
            case "se" -> value > 0;
            default -> true;
        };
        if (!Double.isFinite(value) || !inside) {
            String expected = switch (name) {
                case "distance" -> "a finite number >= 0";
                case "se" -> "a finite number > 0";
                default -> "a finite number";
            };
            throw InputException.of(place, name + " '" + text + "'", expected, "");
        }
        return value;
    }
}
