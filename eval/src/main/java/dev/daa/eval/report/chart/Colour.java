package dev.daa.eval.report.chart;

/// A colour with a value for light and one for dark pages, known to style sheets as `--name`.
///
/// @param name of the custom property, without the dashes
/// @param light `#rrggbb` on white
/// @param dark `#rrggbb` on near-black
public record Colour(String name, String light, String dark) {}
