package dev.daa.eval.report.chart;

import java.util.List;

/// Figures as SVG text: panel by panel for a page that arranges them, or whole for a file.
///
/// Why not a chart library: JFreeChart and XChart lay text out with the fonts of the Java runtime, so their SVG fails
/// on machines without fonts and differs between machines, and their colours are fixed when drawn. A report page needs
/// colours that follow the reader's dark mode, panels that rearrange on a phone, and the same bytes everywhere. PNG
/// files are these SVG files, painted by a library ([Png]).
public final class FigureDrawing {
    private static final double GAP = 28;
    private static final double LEGEND_LINE = 20;
    private static final double LEGEND_TEXT = 11.5;
    private static final double MARGIN = 20;

    /// The size of a panel in SVG units, which are CSS pixels where a page has the room.
    public record Size(double width, double height) {
        /// For phones, and for figures of three panels and more.
        public static final Size SMALL = new Size(360, 272);
        /// For two panels side by side.
        public static final Size MEDIUM = new Size(530, 330);
        /// For one panel over the whole width.
        public static final Size LARGE = new Size(900, 420);

        /// The size for this many panels side by side on a desktop screen.
        public static Size of(int panels) {
            return switch (panels) {
                case 1 -> LARGE;
                case 2 -> MEDIUM;
                default -> SMALL;
            };
        }
    }

    private FigureDrawing() {}

    /// One panel for an HTML page that defines every colour of the [Palette] as a custom property.
    ///
    /// @param hover whether a pointer over a dot shows what it is
    public static String panel(Panel panel, Size size, boolean hover) {
        String description = (panel.title().isEmpty() ? "" : panel.title() + ": ")
                + panel.y().label() + " against " + panel.x().label();
        Svg svg = Svg.open(Svg.Ink.PROPERTY, hover, size.width(), size.height(), description);
        PanelDrawing.draw(svg, panel, size.width(), size.height());
        return svg.close();
    }

    /// The sample of a legend entry for an HTML page.
    public static String glyph(Legend.Entry entry) {
        Svg svg = Svg.open(Svg.Ink.PROPERTY, false, glyphWidth(entry), 12, "");
        glyph(svg, entry, 0, 6);
        return svg.close();
    }

    private static double glyphWidth(Legend.Entry entry) {
        return entry.glyph() instanceof Legend.Glyph.Dot ? 10 : 24;
    }

    private static void glyph(Svg svg, Legend.Entry entry, double x, double y) {
        switch (entry.glyph()) {
            case Legend.Glyph.Stroke(Mark.Stroke stroke) ->
                svg.path(
                        "M" + Svg.pair(x + 1, y) + "L" + Svg.pair(x + 23, y),
                        entry.colour(),
                        stroke.width,
                        stroke.dashes);
            case Legend.Glyph.Dot(Mark.Shape shape) ->
                svg.dots(List.of(new Svg.Spot(x + 5, y, "")), shape, entry.colour(), 1);
            case Legend.Glyph.Band() ->
                svg.area(
                        "M" + Svg.pair(x + 1, y - 5) + "L" + Svg.pair(x + 23, y - 5) + "L" + Svg.pair(x + 23, y + 5)
                                + "L" + Svg.pair(x + 1, y + 5) + "Z",
                        entry.colour(),
                        0.2);
        }
    }

    /// The whole figure in light colours on white, for a file.
    public static String file(Figure figure) {
        int columns = Math.min(
                3,
                figure.groups().stream()
                        .mapToInt(group -> group.panels().size())
                        .max()
                        .orElse(1));
        Size size = Size.of(columns);
        double width = 2 * MARGIN + columns * size.width() + (columns - 1) * GAP;
        double legendHeight = legend(null, figure.legend().entries(), width);
        double height = MARGIN + 28 + legendHeight;
        for (Figure.Group group : figure.groups()) {
            int rows = (group.panels().size() + columns - 1) / columns;
            height += (group.title().isEmpty() ? 0 : 26) + rows * (size.height() + GAP);
        }
        Svg svg = Svg.open(Svg.Ink.LIGHT, false, width, height, figure.title());
        svg.rectangle(0, 0, width, height, Palette.PAPER);
        svg.text(MARGIN, MARGIN + 6, figure.title(), 15, Palette.INK, "start", true);
        svg.openGroup(MARGIN, MARGIN + 28);
        legend(svg, figure.legend().entries(), width);
        svg.closeGroup();
        double top = MARGIN + 28 + legendHeight;
        for (Figure.Group group : figure.groups()) {
            if (!group.title().isEmpty()) {
                svg.text(MARGIN, top + 12, group.title(), 13, Palette.INK, "start", true);
                top += 26;
            }
            for (int k = 0; k < group.panels().size(); k++) {
                svg.openGroup(MARGIN + k % columns * (size.width() + GAP), top + k / columns * (size.height() + GAP));
                PanelDrawing.draw(svg, group.panels().get(k), size.width(), size.height());
                svg.closeGroup();
            }
            top += (group.panels().size() + columns - 1) / columns * (size.height() + GAP);
        }
        return svg.close();
    }

    /// Entries in lines as wide as the figure.
    ///
    /// @param svg where to draw; null only measures
    /// @return the height that the legend takes
    private static double legend(@org.jspecify.annotations.Nullable Svg svg, List<Legend.Entry> entries, double width) {
        double x = 0;
        double y = 6;
        for (Legend.Entry entry : entries) {
            double textAt = glyphWidth(entry) + 7;
            double entryWidth = textAt + Svg.width(entry.text(), LEGEND_TEXT) + 18;
            if (x > 0 && x + entryWidth > width - 2 * MARGIN) {
                x = 0;
                y += LEGEND_LINE;
            }
            if (svg != null) {
                glyph(svg, entry, x, y);
                svg.text(x + textAt, y + 4, entry.text(), LEGEND_TEXT, Palette.INK, "start", false);
            }
            x += entryWidth;
        }
        return entries.isEmpty() ? 0 : y + LEGEND_LINE;
    }
}
