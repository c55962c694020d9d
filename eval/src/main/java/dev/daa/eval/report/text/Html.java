package dev.daa.eval.report.text;

import java.util.List;

/// Writes well-formed XHTML that browsers read as HTML: text is escaped, every element is closed.
public final class Html {
    private final StringBuilder text = new StringBuilder();

    public static String escape(String words) {
        return words.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /// Adds markup as it is.
    public Html raw(String markup) {
        text.append(markup).append('\n');
        return this;
    }

    /// Adds `<tag …>words</tag>`.
    ///
    /// @param tag the element, with attributes if any: `p class="lead"`
    public Html element(String tag, String words) {
        return raw("<" + tag + ">" + escape(words) + "</" + tag.split(" ", 2)[0] + ">");
    }

    /// A cell of a table.
    ///
    /// @param detail a second, smaller line; empty for none
    /// @param number whether it is set in aligned figures, to the right
    /// @param best whether it is the best of its kind
    public record Cell(String words, String detail, boolean number, boolean best) {
        public static Cell text(String words) {
            return new Cell(words, "", false, false);
        }

        public static Cell number(String words) {
            return new Cell(words, "", true, false);
        }

        public Cell withDetail(String line) {
            return new Cell(words, line, number, best);
        }

        public Cell best(boolean is) {
            return new Cell(words, detail, number, is);
        }

        String markup() {
            String value = best ? "<b>" + escape(words) + "</b>" : escape(words);
            return detail.isEmpty() ? value : value + "<small>" + escape(detail) + "</small>";
        }
    }

    /// A table that scrolls sideways where the screen is too narrow.
    public Html table(String label, List<Cell> head, List<List<Cell>> rows) {
        raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + escape(label) + "\"><table>");
        raw("<thead><tr>" + cells("th", head) + "</tr></thead><tbody>");
        for (List<Cell> row : rows) {
            raw("<tr>" + cells("td", row) + "</tr>");
        }
        return raw("</tbody></table></div>");
    }

    private static String cells(String tag, List<Cell> cells) {
        StringBuilder line = new StringBuilder();
        for (Cell cell : cells) {
            line.append('<')
                    .append(tag)
                    .append(cell.number() ? " class=\"n\">" : ">")
                    .append(cell.markup());
            line.append("</").append(tag).append('>');
        }
        return line.toString();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
