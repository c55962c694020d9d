package dev.daa.train.data;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a look through a data file found.
///
/// @param file its name
/// @param rows rows
/// @param layouts rows by layout, in words
/// @param distinctPrompts prompts, each counted once
/// @param pairs preferences that the rows make
/// @param longerChosen pairs whose chosen response is the longer one
/// @param desirable responses that were judged alone and that an objective without pairs takes as desirable
/// @param undesirable the same as undesirable; 0 of both for ratings without a threshold
/// @param unit of the lengths, in words: tokens, characters or both
/// @param limit longest row in tokens; the largest integer for none
/// @param lengths by part of a row
/// @param findings lines by finding; a line once
public record DataReport(
        String file,
        long rows,
        Map<String, Long> layouts,
        long distinctPrompts,
        long pairs,
        long longerChosen,
        long desirable,
        long undesirable,
        String unit,
        int limit,
        Map<String, Lengths> lengths,
        Map<DataCheck.Finding, List<Long>> findings) {

    /// Lengths of one part of all rows, in the report's unit.
    ///
    /// @param percentile95 the least length that 95 % of the rows do not exceed
    public record Lengths(double mean, double median, int percentile95, int longest) {
        static Lengths of(List<Integer> values) {
            int[] sorted = values.stream().mapToInt(Integer::intValue).sorted().toArray();
            long sum = values.stream().mapToLong(Integer::longValue).sum();
            return new Lengths(
                    (double) sum / sorted.length,
                    0.5 * (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]),
                    sorted[(int) Math.ceilDiv(95L * sorted.length, 100) - 1],
                    sorted[sorted.length - 1]);
        }
    }

    public DataReport {
        layouts = new LinkedHashMap<>(layouts);
        lengths = new LinkedHashMap<>(lengths);
        Map<DataCheck.Finding, List<Long>> copy = new EnumMap<>(DataCheck.Finding.class);
        copy.putAll(findings);
        findings = copy;
    }

    /// Rows with this finding.
    public int count(DataCheck.Finding finding) {
        return findings.getOrDefault(finding, List.of()).size();
    }
}
