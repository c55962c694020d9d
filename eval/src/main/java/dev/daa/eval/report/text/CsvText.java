package dev.daa.eval.report.text;

import dev.daa.eval.record.CsvLine;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The numbers of a figure as CSV text.
public final class CsvText {
    private final StringBuilder text = new StringBuilder();

    public CsvText(String... columns) {
        text.append(String.join(",", columns)).append('\n');
    }

    /// Adds a row; NaN becomes an empty field.
    public CsvText row(Object... fields) {
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
