package dev.daa.eval.report.chart;

import java.util.List;

/// One pair of axes and what is drawn in it.
///
/// @param title above the panel; empty for none
public record Panel(String title, Axis x, Axis y, List<Mark> marks) {
    /// Whether the error bar of a dot that is drawn reaches beyond the axis, where it is cut.
    boolean cutsErrorBars() {
        return marks.stream()
                .filter(Mark.Dots.class::isInstance)
                .flatMap(mark -> ((Mark.Dots) mark).dots().stream())
                .filter(this::holds)
                .anyMatch(dot -> dot.y() - dot.error() < y.min() || dot.y() + dot.error() > y.max());
    }

    /// Whether a dot lies within the axes.
    boolean holds(Mark.Dot dot) {
        return dot.x() >= x.min() && dot.x() <= x.max() && dot.y() >= y.min() && dot.y() <= y.max();
    }
}
