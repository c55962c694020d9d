package dev.daa.eval.report.chart;

import java.util.List;
import java.util.Locale;

/// Writes SVG elements; what is drawn depends on nothing but the calls, so the same calls give the same bytes.
final class Svg {
    private static final String PAGE_FONT =
            "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
    /// The one name that every painter knows; some look at the first name only.
    private static final String FILE_FONT = "sans-serif";

    /// How colours are written: as custom properties of the page around, or as the light values themselves.
    enum Ink {
        PROPERTY,
        LIGHT
    }

    private final StringBuilder text = new StringBuilder();
    private final Ink ink;

    private final boolean hover;

    private Svg(Ink ink, boolean hover) {
        this.ink = ink;
        this.hover = hover;
    }

    /// @param hover whether dots carry the words that a pointer shows
    /// @param description for readers who do not see it; empty for a picture that the words beside it name already
    static Svg open(Ink ink, boolean hover, double width, double height, String description) {
        Svg svg = new Svg(ink, hover);
        svg.text
                .append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
                .append(number(width))
                .append(' ')
                .append(number(height))
                .append('"');
        if (ink == Ink.LIGHT) {
            svg.text
                    .append(" width=\"")
                    .append(number(width))
                    .append("\" height=\"")
                    .append(number(height))
                    .append('"');
        }
        svg.text
                .append(
                        description.isEmpty()
                                ? " aria-hidden=\"true\""
                                : " role=\"img\" aria-label=\"" + escape(description) + "\"")
                .append(" font-family=\"")
                .append(ink == Ink.LIGHT ? FILE_FONT : PAGE_FONT)
                .append("\">\n");
        return svg;
    }

    String close() {
        return text.append("</svg>").toString();
    }

    /// Everything until [#closeGroup] is moved.
    void openGroup(double x, double y) {
        text.append("<g transform=\"translate(")
                .append(number(x))
                .append(' ')
                .append(number(y))
                .append(")\">\n");
    }

    void closeGroup() {
        text.append("</g>\n");
    }

    void line(double x1, double y1, double x2, double y2, Colour colour, double width) {
        path("M" + pair(x1, y1) + "L" + pair(x2, y2), colour, number(width), "");
    }

    void path(String data, Colour colour, String width, String dashes) {
        text.append("<path fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\" stroke-width=\"")
                .append(width)
                .append('"');
        if (!dashes.isEmpty()) {
            text.append(" stroke-dasharray=\"").append(dashes).append('"');
        }
        text.append(paint("stroke", colour)).append(" d=\"").append(data).append("\"/>\n");
    }

    void area(String data, Colour colour, double opacity) {
        text.append("<path fill-opacity=\"")
                .append(opacity)
                .append('"')
                .append(paint("fill", colour))
                .append(" d=\"")
                .append(data)
                .append("\"/>\n");
    }

    void rectangle(double x, double y, double width, double height, Colour colour) {
        text.append("<rect x=\"")
                .append(number(x))
                .append("\" y=\"")
                .append(number(y))
                .append("\" width=\"")
                .append(number(width))
                .append("\" height=\"")
                .append(number(height))
                .append('"')
                .append(paint("fill", colour))
                .append("/>\n");
    }

    /// A dot's place and the words that a pointer over it shows.
    record Spot(double x, double y, String words) {}

    /// Filled or, for [Mark.Shape#RING], outlined dots: one element for each if a pointer is to find it, else one
    /// for all.
    ///
    /// @param scale 1 for the usual size
    void dots(List<Spot> spots, Mark.Shape shape, Colour colour, double scale) {
        String paint = shape == Mark.Shape.RING
                ? " fill=\"none\" stroke-width=\"1.4\"" + paint("stroke", colour)
                : paint("fill", colour);
        if (!hover) {
            text.append("<path").append(paint).append(" d=\"");
            spots.forEach(spot -> text.append(outline(spot, shape, scale)));
            text.append("\"/>\n");
            return;
        }
        text.append("<g").append(paint).append(">\n");
        for (Spot spot : spots) {
            text.append("<path d=\"")
                    .append(outline(spot, shape, scale))
                    .append("\"><title>")
                    .append(escape(spot.words()))
                    .append("</title></path>\n");
        }
        text.append("</g>\n");
    }

    private static String outline(Spot spot, Mark.Shape shape, double scale) {
        return switch (shape) {
            case CIRCLE, RING -> {
                String radius = number(2.8 * scale);
                String across = number(5.6 * scale);
                String arc = "a" + radius + " " + radius + " 0 1 0 ";
                yield "M" + pair(spot.x - 2.8 * scale, spot.y) + arc + across + " 0" + arc + "-" + across + " 0z";
            }
            case SQUARE -> {
                String side = number(5.2 * scale);
                yield "M" + pair(spot.x - 2.6 * scale, spot.y - 2.6 * scale) + "h" + side + "v" + side + "h-" + side
                        + "z";
            }
            case DIAMOND -> {
                String half = number(3.6 * scale);
                yield "M" + pair(spot.x, spot.y - 3.6 * scale) + "l" + half + " " + half + "l-" + half + " " + half
                        + "l-" + half + " -" + half + "z";
            }
            case TRIANGLE ->
                "M" + pair(spot.x, spot.y - 3.4 * scale) + "l" + pair(3.2 * scale, 6 * scale) + "h"
                        + number(-6.4 * scale) + "z";
        };
    }

    /// Error bars: thin and pale, so that dots stay what is seen.
    void bars(String data, Colour colour) {
        text.append("<path fill=\"none\" stroke-width=\"1.1\" stroke-opacity=\"0.55\"")
                .append(paint("stroke", colour))
                .append(" d=\"")
                .append(data)
                .append("\"/>\n");
    }

    /// @param anchor `start`, `middle` or `end`
    void text(double x, double y, String words, double size, Colour colour, String anchor, boolean bold) {
        text.append("<text x=\"")
                .append(number(x))
                .append("\" y=\"")
                .append(number(y))
                .append("\" font-size=\"")
                .append(number(size))
                .append('"');
        if (!anchor.equals("start")) {
            text.append(" text-anchor=\"").append(anchor).append('"');
        }
        if (bold) {
            text.append(" font-weight=\"600\"");
        }
        text.append(paint("fill", colour)).append('>').append(escape(words)).append("</text>\n");
    }

    private String paint(String property, Colour colour) {
        return switch (ink) {
            case PROPERTY -> " style=\"" + property + ":var(--" + colour.name() + ")\"";
            case LIGHT -> " " + property + "=\"" + colour.light() + "\"";
        };
    }

    static String pair(double x, double y) {
        return number(x) + " " + number(y);
    }

    /// A coordinate to a tenth of a unit.
    static String number(double value) {
        String digits = String.format(Locale.ROOT, "%.1f", value);
        String short_ = digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits;
        return short_.equals("-0") ? "0" : short_;
    }

    static String escape(String words) {
        return words.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /// About how wide a text is in a sans-serif face: no font is asked, so that layout is the same on every
    /// machine.
    static double width(String words, double size) {
        double ems = 0;
        for (int k = 0; k < words.length(); k++) {
            char c = words.charAt(k);
            if ("ijl.,:;|'!()[] ftr".indexOf(c) >= 0) {
                ems += 0.36;
            } else if ("mwMW%@".indexOf(c) >= 0) {
                ems += 0.92;
            } else {
                ems += Character.isUpperCase(c) ? 0.7 : 0.6;
            }
        }
        return ems * size;
    }
}
