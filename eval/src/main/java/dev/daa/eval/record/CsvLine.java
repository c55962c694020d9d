package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.model.json.ByteOrderMark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A line of comma-separated fields (RFC 4180 quoting, one line per row) whose errors name file, line and column.
public final class CsvLine {
    /// @param columns the names, in the file's order
    record Header(Path file, List<String> columns) {}

    /// @param position of its first character in the line, from 1
    record Field(String text, int position) {}

    private final Header header;
    private final int number;
    private final List<Field> fields;

    private CsvLine(Header header, int number, List<Field> fields) {
        this.header = header;
        this.number = number;
        this.fields = fields;
    }

    static Header header(Path file, String line) {
        return new Header(
                file,
                fields(file + ":1", ByteOrderMark.strip(line)).stream()
                        .map(field -> field.text().strip())
                        .toList());
    }

    /// The lines of a file below its header; none where it does not exist.
    static List<CsvLine> table(Path file) throws IOException {
        List<CsvLine> rows = new ArrayList<>();
        if (Files.exists(file)) {
            List<String> lines = Files.readAllLines(file);
            Header header = header(file, lines.isEmpty() ? "" : lines.getFirst());
            for (int k = 1; k < lines.size(); k++) {
                rows.add(parse(header, k + 1, lines.get(k)));
            }
        }
        return rows;
    }

    /// @param number of the line in the file, from 1
    static CsvLine parse(Header header, int number, String line) {
        String place = header.file() + ":" + number;
        List<Field> fields = fields(place, line);
        if (fields.size() != header.columns().size()) {
            throw InputException.of(
                    place, fields.size() + " fields", header.columns().size() + " as in the header", "");
        }
        return new CsvLine(header, number, fields);
    }

    public static String quoted(String text) {
        boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /// @param place file and line, for errors
    static List<Field> fields(String place, String line) {
        List<Field> fields = new ArrayList<>();
        int at = 0;
        while (at <= line.length()) {
            int start = at;
            StringBuilder text = new StringBuilder();
            if (at < line.length() && line.charAt(at) == '"') {
                at++;
                while (true) {
                    int quote = line.indexOf('"', at);
                    if (quote < 0) {
                        throw InputException.of(place + ":" + (start + 1), "a quote left open", "a closing quote", "");
                    }
                    text.append(line, at, quote);
                    at = quote + 1;
                    if (at < line.length() && line.charAt(at) == '"') {
                        text.append('"');
                        at++;
                    } else {
                        break;
                    }
                }
                if (at < line.length() && line.charAt(at) != ',') {
                    throw InputException.of(place + ":" + (at + 1), "'" + line.charAt(at) + "'", "a comma", "");
                }
            } else {
                int comma = line.indexOf(',', at);
                at = comma < 0 ? line.length() : comma;
                text.append(line, start, at);
            }
            fields.add(new Field(text.toString(), start + 1));
            at++;
        }
        return fields;
    }

    /// Whether the file has the column.
    boolean has(String column) {
        return header.columns().contains(column);
    }

    /// Where a column's field stands, for errors.
    String place(String column) {
        return header.file() + ":" + number + ":"
                + fields.get(header.columns().indexOf(column)).position();
    }

    /// A field that must not be empty.
    String text(String column) {
        Field field = fields.get(header.columns().indexOf(column));
        if (field.text().isBlank()) {
            throw unreadable(column, field, "a value");
        }
        return field.text();
    }

    /// A field's text; empty where the field is or the column is absent.
    String words(String column) {
        int index = header.columns().indexOf(column);
        return index < 0 ? "" : fields.get(index).text();
    }

    /// A number, or NaN where the field is empty or the column absent.
    double real(String column) {
        int index = header.columns().indexOf(column);
        if (index < 0 || fields.get(index).text().isBlank()) {
            return Double.NaN;
        }
        Field field = fields.get(index);
        try {
            return Double.parseDouble(field.text());
        } catch (NumberFormatException e) {
            throw unreadable(column, field, "a number or an empty field");
        }
    }

    /// The columns `name` and `name_se`.
    Estimate estimate(String name) {
        double error = real(name + "_se");
        if (error < 0) {
            Field field = fields.get(header.columns().indexOf(name + "_se"));
            throw unreadable(name + "_se", field, "a standard error, 0 or more");
        }
        return new Estimate(real(name), error);
    }

    long whole(String column) {
        Field field = fields.get(header.columns().indexOf(column));
        try {
            return Long.parseLong(field.text());
        } catch (NumberFormatException e) {
            throw unreadable(column, field, "a whole number");
        }
    }

    long whole(String column, long otherwise) {
        int index = header.columns().indexOf(column);
        return index < 0 || fields.get(index).text().isBlank() ? otherwise : whole(column);
    }

    private InputException unreadable(String column, Field field, String expected) {
        return InputException.of(place(column), "\"" + field.text() + "\" in column " + column, expected, "");
    }
}
