package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.model.json.ParserMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The metrics of a run, step by step: its `metrics.jsonl`, one object per line with `step` and numbers by name.
///
/// @param metrics for each metric, its value by step; non-numbers are left out
public record TrainingLog(Map<String, SortedMap<Integer, Double>> metrics) {
    private static final JsonMapper MAPPER = new JsonMapper();

    /// A stretch of steps and the mean of a metric over it.
    public record Mean(double step, double value) {}

    public static TrainingLog read(Path file) throws IOException {
        Map<String, SortedMap<Integer, Double>> metrics = new LinkedHashMap<>();
        List<String> lines = Files.readAllLines(file);
        for (int k = 0; k < lines.size(); k++) {
            if (!lines.get(k).isBlank()) {
                JsonNode row = row(file + ":" + (k + 1), lines.get(k));
                int step = row.get("step").asInt();
                for (Map.Entry<String, JsonNode> entry : row.properties()) {
                    if (entry.getValue().isNumber() && !entry.getKey().equals("step")) {
                        metrics.computeIfAbsent(entry.getKey(), key -> new TreeMap<>())
                                .put(step, entry.getValue().asDouble());
                    }
                }
            }
        }
        return new TrainingLog(metrics);
    }

    private static JsonNode row(String place, String line) {
        try {
            JsonNode row = MAPPER.readTree(line);
            if (!row.isObject() || !row.path("step").isInt()) {
                throw InputException.of(place, "a line without a whole number \"step\"", "a JSON object with one", "");
            }
            return row;
        } catch (JacksonException e) {
            int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
            throw new InputException(place + ":" + column + ": " + ParserMessage.of(e), e);
        }
    }

    /// A metric averaged over at most `count` stretches of about equally many steps; empty where it was not logged.
    public List<Mean> stretches(String metric, int count) {
        SortedMap<Integer, Double> values = metrics.getOrDefault(metric, new TreeMap<>());
        List<Map.Entry<Integer, Double>> entries = List.copyOf(values.entrySet());
        int parts = Math.min(count, entries.size());
        List<Mean> means = new ArrayList<>(parts);
        for (int part = 0; part < parts; part++) {
            int from = (int) ((long) part * entries.size() / parts);
            int to = (int) ((long) (part + 1) * entries.size() / parts);
            double step = 0;
            double value = 0;
            for (Map.Entry<Integer, Double> entry : entries.subList(from, to)) {
                step += entry.getKey();
                value += entry.getValue();
            }
            means.add(new Mean(step / (to - from), value / (to - from)));
        }
        return means;
    }
}
