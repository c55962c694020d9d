package dev.daa.train.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.TreeMap;

/// A run's record of one data file.
///
/// @param rows read
/// @param truncated rows that were shortened
/// @param leftOut rows that were left out, by [DropReason] in lower case
public record RowCounts(
        String file,
        long rows,
        long truncated,
        @JsonProperty("left_out") Map<String, Long> leftOut) {
    public RowCounts {
        leftOut = new TreeMap<>(leftOut);
    }
}
