package dev.daa.eval.report.chart;

import java.util.List;

/// Something drawn in a panel, in the panel's units.
public sealed interface Mark {
    /// How a line is drawn.
    enum Stroke {
        BOLD("2.2", ""),
        SOLID("1.6", ""),
        FAINT("1", ""),
        DASHED("1.6", "5 3"),
        DOTTED("1.4", "1.5 3");

        final String width;
        final String dashes;

        Stroke(String width, String dashes) {
            this.width = width;
            this.dashes = dashes;
        }
    }

    /// The outline of a dot.
    enum Shape {
        CIRCLE,
        RING,
        SQUARE,
        DIAMOND,
        TRIANGLE
    }

    record Vertex(double x, double y) {}

    /// A polyline; vertices that are not finite are left out.
    record Line(List<Vertex> vertices, Colour colour, Stroke stroke) implements Mark {}

    record Edge(double x, double low, double high) {}

    /// An area between a lower and an upper edge.
    record Band(List<Edge> edges, Colour colour) implements Mark {}

    /// A measured point; it is not drawn where it lies outside the axes.
    ///
    /// @param error half the length of the vertical error bar; 0 draws none
    /// @param text what a pointer over the dot shows
    record Dot(double x, double y, double error, String text) {}

    record Dots(List<Dot> dots, Colour colour, Shape shape) implements Mark {}

    /// A horizontal line over the whole panel.
    record Level(double y, Colour colour) implements Mark {}

    /// The line y = x.
    record Diagonal(Colour colour) implements Mark {}

    /// A name at the right edge, at the height where a line ends; names that would overlap are spread.
    record EndLabel(double y, String text, Colour colour) implements Mark {}

    /// A word inside the panel, its left or right end at (x, y).
    record Note(double x, double y, String text, Colour colour, boolean leftwards) implements Mark {}
}
