/// Charts as SVG: axes, marks, panels and figures, with colours that follow the reader's light or dark mode.
@NullMarked
package dev.daa.eval.report.chart;

import org.jspecify.annotations.NullMarked;
