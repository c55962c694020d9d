package dev.daa.eval.report.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Draws a panel into a box: title, grid, axes, then the marks in their order, lines cut at the panel's edge.
///
/// The y axis is named above its upper end, so that nothing has to be read sideways and a narrow screen loses no width.
final class PanelDrawing {
    private static final double TEXT = 11.5;
    private static final double LINE = 15;
    private static final double RIGHT = 12;
    private static final double BELOW = 40;
    private static final int CROWD = 200;

    private final Svg svg;
    private final Panel panel;
    private final double left;
    private final double top;
    private final double right;
    private final double bottom;

    private PanelDrawing(Svg svg, Panel panel, double width, double height) {
        this.svg = svg;
        this.panel = panel;
        double ticks = panel.y().ticks().stream()
                .mapToDouble(tick -> Svg.width(panel.y().tickLabel(tick), TEXT))
                .max()
                .orElse(0);
        double labels = endLabels().stream()
                .mapToDouble(label -> Svg.width(label.text(), TEXT) + 6)
                .max()
                .orElse(0);
        this.left = ticks + 8;
        this.top = panel.title().isEmpty() ? LINE + 8 : 2 * LINE + 10;
        this.right = width - Math.max(RIGHT, labels);
        this.bottom = height - BELOW;
    }

    static void draw(Svg svg, Panel panel, double width, double height) {
        PanelDrawing drawing = new PanelDrawing(svg, panel, width, height);
        drawing.frame();
        for (Mark mark : panel.marks()) {
            drawing.draw(mark);
        }
        drawing.drawEndLabels();
    }

    private double x(double value) {
        return left + panel.x().position(value) * (right - left);
    }

    private double y(double value) {
        return bottom - panel.y().position(value) * (bottom - top);
    }

    private double clampedY(double value) {
        return Math.clamp(y(value), top, bottom);
    }

    private void frame() {
        double line = LINE - 2;
        if (!panel.title().isEmpty()) {
            svg.text(0, line, panel.title(), 13, Palette.INK, "start", true);
            line += LINE + 2;
        }
        svg.text(0, line, panel.y().label(), TEXT, Palette.MUTED, "start", false);
        for (double tick : panel.y().ticks()) {
            svg.line(left, y(tick), right, y(tick), Palette.GRID, 1);
            svg.text(left - 6, y(tick) + 4, panel.y().tickLabel(tick), TEXT, Palette.MUTED, "end", false);
        }
        for (double tick : panel.x().ticks()) {
            svg.line(x(tick), bottom, x(tick), bottom + 4, Palette.AXIS, 1);
            svg.text(x(tick), bottom + 16, panel.x().tickLabel(tick), TEXT, Palette.MUTED, "middle", false);
        }
        svg.line(left, bottom, right, bottom, Palette.AXIS, 1);
        svg.text((left + right) / 2, bottom + 33, panel.x().label(), TEXT, Palette.MUTED, "middle", false);
    }

    private void draw(Mark mark) {
        switch (mark) {
            case Mark.Line line -> drawLine(line);
            case Mark.Band band -> drawBand(band);
            case Mark.Dots dots -> drawDots(dots);
            case Mark.Level level -> svg.line(left, y(level.y()), right, y(level.y()), level.colour(), 1);
            case Mark.Diagonal diagonal -> drawDiagonal(diagonal);
            case Mark.Note note ->
                svg.text(
                        x(note.x()),
                        clampedY(note.y()),
                        note.text(),
                        TEXT,
                        note.colour(),
                        note.leftwards() ? "end" : "start",
                        false);
            case Mark.EndLabel label -> {
                // Drawn last, all together, because they make room for one another.
            }
        }
    }

    private void drawDiagonal(Mark.Diagonal diagonal) {
        double low = Math.max(panel.x().min(), panel.y().min());
        double high = Math.min(panel.x().max(), panel.y().max());
        if (high > low) {
            svg.path(
                    "M" + Svg.pair(x(low), y(low)) + "L" + Svg.pair(x(high), y(high)),
                    diagonal.colour(),
                    Mark.Stroke.DASHED.width,
                    Mark.Stroke.DASHED.dashes);
        }
    }

    private void drawLine(Mark.Line line) {
        StringBuilder data = new StringBuilder();
        Mark.Vertex previous = null;
        boolean open = false;
        for (Mark.Vertex vertex : line.vertices()) {
            if (!Double.isFinite(vertex.x()) || !Double.isFinite(vertex.y())) {
                continue;
            }
            if (previous != null) {
                open = segment(data, previous, vertex, open);
            }
            previous = vertex;
        }
        if (!data.isEmpty()) {
            svg.path(data.toString(), line.colour(), line.stroke().width, line.stroke().dashes);
        }
    }

    /// Adds the part of a segment that lies inside both axes (Liang and Barsky 1984).
    ///
    /// @param open whether the path's last point is this segment's beginning
    /// @return whether the path's last point is this segment's end
    private boolean segment(StringBuilder data, Mark.Vertex from, Mark.Vertex to, boolean open) {
        double[] across = inside(panel.x(), from.x(), to.x());
        double[] up = inside(panel.y(), from.y(), to.y());
        double begin = Math.max(across[0], up[0]);
        double end = Math.min(across[1], up[1]);
        if (begin >= end) {
            return false;
        }
        if (!open || begin > 0) {
            data.append('M').append(along(from, to, begin));
        }
        data.append('L').append(along(from, to, end));
        return end == 1;
    }

    /// The shares of the way between two values at which an axis is entered and left; an empty range if it never
    /// is.
    private static double[] inside(Axis axis, double from, double to) {
        if (from == to) {
            return from < axis.min() || from > axis.max() ? new double[] {1, 0} : new double[] {0, 1};
        }
        double atMin = (axis.min() - from) / (to - from);
        double atMax = (axis.max() - from) / (to - from);
        return new double[] {Math.max(0, Math.min(atMin, atMax)), Math.min(1, Math.max(atMin, atMax))};
    }

    private String along(Mark.Vertex from, Mark.Vertex to, double share) {
        return Svg.pair(x(from.x() + share * (to.x() - from.x())), y(from.y() + share * (to.y() - from.y())));
    }

    private void drawBand(Mark.Band band) {
        StringBuilder data = new StringBuilder();
        List<Mark.Edge> edges = upTo(panel.x().max(), band.edges());
        for (Mark.Edge edge : edges) {
            data.append(data.isEmpty() ? 'M' : 'L').append(Svg.pair(x(edge.x()), clampedY(edge.high())));
        }
        for (Mark.Edge edge : edges.reversed()) {
            data.append('L').append(Svg.pair(x(edge.x()), clampedY(edge.low())));
        }
        if (!data.isEmpty()) {
            svg.area(data.append('Z').toString(), band.colour(), 0.14);
        }
    }

    /// Dots shrink where there are many.
    private double dotScale() {
        long count = panel.marks().stream()
                .filter(Mark.Dots.class::isInstance)
                .mapToLong(mark -> ((Mark.Dots) mark).dots().size())
                .sum();
        return count > CROWD ? 0.7 : 1;
    }

    /// The edges up to a place, with one interpolated there if the band goes on.
    private static List<Mark.Edge> upTo(double end, List<Mark.Edge> edges) {
        List<Mark.Edge> kept = new ArrayList<>();
        for (Mark.Edge edge : edges) {
            if (edge.x() > end && !kept.isEmpty()) {
                Mark.Edge last = kept.getLast();
                double share = (end - last.x()) / (edge.x() - last.x());
                kept.add(new Mark.Edge(
                        end,
                        last.low() + share * (edge.low() - last.low()),
                        last.high() + share * (edge.high() - last.high())));
                return kept;
            }
            kept.add(edge);
        }
        return kept;
    }

    private void drawDots(Mark.Dots dots) {
        StringBuilder bars = new StringBuilder();
        for (Mark.Dot dot : dots.dots()) {
            if (dot.error() > 0 && panel.holds(dot)) {
                double low = clampedY(dot.y() - dot.error());
                double high = clampedY(dot.y() + dot.error());
                if (low - high > 1) {
                    bars.append('M')
                            .append(Svg.pair(x(dot.x()), low))
                            .append('L')
                            .append(Svg.pair(x(dot.x()), high));
                }
            }
        }
        if (!bars.isEmpty()) {
            svg.bars(bars.toString(), dots.colour());
        }
        List<Svg.Spot> spots = dots.dots().stream()
                .filter(panel::holds)
                .map(dot -> new Svg.Spot(x(dot.x()), y(dot.y()), dot.text()))
                .toList();
        if (!spots.isEmpty()) {
            svg.dots(spots, dots.shape(), dots.colour(), dotScale());
        }
    }

    private List<Mark.EndLabel> endLabels() {
        return panel.marks().stream()
                .filter(Mark.EndLabel.class::isInstance)
                .map(Mark.EndLabel.class::cast)
                .filter(label -> Double.isFinite(label.y()))
                .toList();
    }

    /// Names in their order of height, moved as little as needed for one line of distance between them.
    private void drawEndLabels() {
        List<Mark.EndLabel> labels = new ArrayList<>(endLabels());
        labels.sort(
                Comparator.comparingDouble((Mark.EndLabel label) -> label.y()).reversed());
        double[] heights =
                labels.stream().mapToDouble(label -> clampedY(label.y())).toArray();
        double gap = Math.min(TEXT + 1.5, (bottom - top) / Math.max(1, heights.length - 1));
        for (int k = 1; k < heights.length; k++) {
            heights[k] = Math.max(heights[k], heights[k - 1] + gap);
        }
        for (int k = heights.length - 1; k >= 0; k--) {
            double limit = k == heights.length - 1 ? bottom + 3 : heights[k + 1] - gap;
            heights[k] = Math.min(heights[k], limit);
        }
        for (int k = 0; k < heights.length; k++) {
            Mark.EndLabel label = labels.get(k);
            svg.text(right + 5, heights[k] + 4, label.text(), TEXT, label.colour(), "start", false);
        }
    }
}
