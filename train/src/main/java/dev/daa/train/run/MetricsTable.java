package dev.daa.train.run;

import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `metrics.csv`: the lines of `metrics.jsonl` as a table, a column for each key that any line has. What a step did not
/// measure is empty.
final class MetricsTable {
    private MetricsTable() {}

    static void write(Path metrics, Path table) {
        List<JsonNode> rows = new ArrayList<>();
        Set<String> columns = new LinkedHashSet<>();
        try {
            for (String line : Files.readAllLines(metrics)) {
                JsonNode row = JsonMapper.shared().readTree(line);
                rows.add(row);
                columns.addAll(row.propertyNames());
            }
        } catch (IOException e) {
            throw WriteFailure.of(metrics, e);
        }
        StringBuilder csv = new StringBuilder(String.join(",", columns)).append('\n');
        for (JsonNode row : rows) {
            List<String> cells = new ArrayList<>();
            for (String column : columns) {
                JsonNode value = row.path(column);
                cells.add(value.isNumber() ? value.toString() : "");
            }
            csv.append(String.join(",", cells)).append('\n');
        }
        DurableFile.write(table, csv.toString());
    }
}
