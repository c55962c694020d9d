package dev.daa.eval.report.chart;

import java.util.List;

/// A figure of the report.
///
/// @param id name of its files, and its anchor in the page
/// @param title what it shows, in a few words
/// @param caption what it means: units, n, what the error bars are
/// @param groups its panels; the first group is always shown, the others can be folded away
/// @param csv the numbers drawn, with a header line
public record Figure(String id, String title, String caption, Legend legend, List<Group> groups, String csv) {
    /// The caption, which says so where error bars are cut at the frame.
    public String fullCaption() {
        boolean cut = groups.stream().flatMap(group -> group.panels().stream()).anyMatch(Panel::cutsErrorBars);
        return cut ? caption + " Error bars that reach beyond the frame end there." : caption;
    }

    /// Panels that belong together.
    ///
    /// @param title empty where there is only one group
    public record Group(String title, List<Panel> panels) {}
}
