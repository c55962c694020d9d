package dev.daa.eval.report;

import dev.daa.eval.record.TrainingLog;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Where the time went of runs that learn from, or choose among, samples of a policy.
final class TimeTable {
    private static final List<String> PARTS = List.of("time/generating", "time/scoring", "time/updating");

    private final List<List<Cell>> rows = new ArrayList<>();

    TimeTable(StudyGroups study, Map<String, TrainingLog> logs) {
        for (StudyGroups.Group group : study.groups()) {
            List<double[]> runs = group.members().stream()
                    .flatMap(member -> member.last().points().stream())
                    .map(point -> logs.getOrDefault(point.cell().run(), new TrainingLog(Map.of())))
                    .filter(log -> log.metrics().keySet().containsAll(PARTS))
                    .map(log ->
                            PARTS.stream().mapToDouble(part -> sum(log, part)).toArray())
                    .toList();
            if (!runs.isEmpty()) {
                rows.add(row(study.label(group), runs));
            }
        }
    }

    private static double sum(TrainingLog log, String metric) {
        return log.metrics().getOrDefault(metric, new TreeMap<>()).values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
    }

    private static List<Cell> row(String name, List<double[]> runs) {
        double[] seconds = new double[PARTS.size()];
        double total = 0;
        for (double[] run : runs) {
            for (int part = 0; part < seconds.length; part++) {
                seconds[part] += run[part];
                total += run[part];
            }
        }
        List<Cell> row = new ArrayList<>();
        row.add(Cell.text(name));
        row.add(Cell.number(Integer.toString(runs.size())));
        row.add(Cell.number(Words.fixed(total / runs.size(), 1)));
        for (double part : seconds) {
            row.add(Cell.number(Words.percent(part / total)));
        }
        return row;
    }

    /// Whether no run recorded it.
    boolean isEmpty() {
        return rows.isEmpty();
    }

    void write(Html html) {
        html.table(
                "Where the time goes",
                List.of(
                        Cell.text("Method"),
                        Cell.number("runs"),
                        Cell.number("seconds a run"),
                        Cell.number("generating"),
                        Cell.number("scoring"),
                        Cell.number("updating")),
                rows);
    }
}
