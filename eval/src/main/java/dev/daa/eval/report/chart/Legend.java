package dev.daa.eval.report.chart;

import java.util.List;

/// What the colours, strokes and shapes of a figure stand for.
public record Legend(List<Entry> entries) {
    /// A sample of a mark.
    public sealed interface Glyph {
        record Stroke(Mark.Stroke stroke) implements Glyph {}

        record Dot(Mark.Shape shape) implements Glyph {}

        record Band() implements Glyph {}
    }

    public record Entry(String text, Colour colour, Glyph glyph) {
        public static Entry line(String text, Colour colour, Mark.Stroke stroke) {
            return new Entry(text, colour, new Glyph.Stroke(stroke));
        }

        public static Entry dot(String text, Colour colour, Mark.Shape shape) {
            return new Entry(text, colour, new Glyph.Dot(shape));
        }

        public static Entry band(String text, Colour colour) {
            return new Entry(text, colour, new Glyph.Band());
        }
    }
}
