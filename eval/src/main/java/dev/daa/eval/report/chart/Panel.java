package dev.daa.eval.report.chart;

import java.util.List;

/// One pair of axes and what is drawn in it.
///
/// @param title above the panel; empty for none
public record Panel(String title, Axis x, Axis y, List<Mark> marks) {}
