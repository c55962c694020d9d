package dev.daa.eval.report;

import java.util.Arrays;
import java.util.stream.Collectors;

/// The numbers of a figure as CSV text.
final class CsvText {
    private final StringBuilder text = new StringBuilder();

    CsvText(String... columns) {
        text.append(String.join(",", columns)).append('\n');
    }

    /// Adds a row; NaN becomes an empty field.
    CsvText row(Object... fields) {
        text.append(Arrays.stream(fields).map(CsvText::field).collect(Collectors.joining(",")))
                .append('\n');
        return this;
    }

    private static String field(Object value) {
        boolean missing = value instanceof Double number && !Double.isFinite(number);
        return missing ? "" : CsvLine.quoted(value.toString());
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
