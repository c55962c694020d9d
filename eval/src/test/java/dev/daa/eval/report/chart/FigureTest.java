package dev.daa.eval.report.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FigureTest {
    private static String caption(Mark.Dot... dots) {
        Axis unit = new Axis("unit", 0, 1, 0.5);
        Panel panel = new Panel("", unit, unit, List.of(new Mark.Dots(List.of(dots), Palette.INK, Mark.Shape.CIRCLE)));
        return new Figure(
                        "id",
                        "title",
                        "Bars.",
                        new Legend(List.of()),
                        List.of(new Figure.Group("", List.of(panel))),
                        "")
                .fullCaption();
    }

    @Test
    void captionsSayThatErrorBarsAreCut() {
        Mark.Dot within = new Mark.Dot(0.5, 0.5, 0.5, "");
        assertThat(caption(within)).isEqualTo("Bars.");
        assertThat(caption(within, new Mark.Dot(0.5, 0.5, 0.6, "")))
                .isEqualTo("Bars. Error bars that reach beyond the frame end there.");
        assertThat(caption(new Mark.Dot(0.5, 1.5, 1, ""), new Mark.Dot(2, 0.5, 1, "")))
                .as("dots that are not drawn")
                .isEqualTo("Bars.");
    }
}
