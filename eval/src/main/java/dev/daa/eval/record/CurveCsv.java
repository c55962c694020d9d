package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import dev.daa.model.json.ByteOrderMark;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Points of a curve in a file: a header with `distance,reward` and optionally `se` and `cluster`, in any order, then a
/// point per line. Errors name file, line and column.
public final class CurveCsv {
    private static final List<String> COLUMNS = List.of("distance", "reward", "se", "cluster");

    private CurveCsv() {}

    public static CurvePoints read(Path file) {
        if (Files.isDirectory(file)) {
            throw InputException.of(file.toString(), "a folder", "a CSV file with distance,reward", "");
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
            throw InputException.of(file + ":1:1", "an empty file", "a header with distance,reward", "");
        }
        List<String> header = header(file, lines.getFirst());
        List<double[]> rows = new ArrayList<>();
        List<Integer> clusters = new ArrayList<>();
        Map<String, Integer> clusterNumbers = new HashMap<>();
        for (int line = 2; line <= lines.size(); line++) {
            String text = lines.get(line - 1);
            if (text.isBlank()) {
                continue;
            }
            String[] fields = text.split(",", -1);
            if (fields.length != header.size()) {
                throw InputException.of(
                        file + ":" + line, fields.length + " fields", header.size() + " as in the header", "");
            }
            double[] row = new double[3];
            int cluster = rows.size();
            int column = 1;
            for (int f = 0; f < fields.length; f++) {
                String name = header.get(f);
                int kind = COLUMNS.indexOf(name);
                if (name.equals("cluster")) {
                    String run = fields[f].strip();
                    if (run.isEmpty()) {
                        throw InputException.of(
                                file + ":" + line + ":" + column, "cluster ''", "the name of the point's run", "");
                    }
                    cluster = clusterNumbers.computeIfAbsent(run, _ -> clusterNumbers.size());
                } else {
                    row[kind] = number(file + ":" + line + ":" + column, name, fields[f].strip());
                }
                column += fields[f].length() + 1;
            }
            rows.add(row);
            clusters.add(cluster);
        }
        double[] distance = rows.stream().mapToDouble(row -> row[0]).toArray();
        double[] reward = rows.stream().mapToDouble(row -> row[1]).toArray();
        double[] standardError =
                header.contains("se") ? rows.stream().mapToDouble(row -> row[2]).toArray() : new double[0];
        return new CurvePoints(
                distance,
                reward,
                standardError,
                clusters.stream().mapToInt(Integer::intValue).toArray());
    }

    private static List<String> header(Path file, String line) {
        String text = ByteOrderMark.strip(line);
        List<String> header = new ArrayList<>();
        int column = 1;
        for (String field : text.split(",", -1)) {
            String name = field.strip();
            String place = file + ":1:" + column;
            if (!COLUMNS.contains(name)) {
                throw InputException.of(
                        place, "column '" + name + "'", "distance, reward and optionally se, cluster", "");
            }
            if (header.contains(name)) {
                throw InputException.of(place, "a second column '" + name + "'", "each column once", "");
            }
            header.add(name);
            column += field.length() + 1;
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
