package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.text.Html.Cell;
import java.util.List;
import java.util.Optional;

/// One part of the analysis as the report shows it.
///
/// @param part the section's anchor is `part-` and its key
/// @param figures those without panels are left out
/// @param findings rows of the findings
public record AnalysisSection(
        Part part,
        String title,
        String introduction,
        List<Figure> figures,
        Optional<Table> table,
        List<Finding> findings) {

    /// A table below the figures.
    public record Table(String label, List<Cell> head, List<List<Cell>> rows) {}

    public AnalysisSection {
        figures = figures.stream()
                .filter(figure -> figure.groups().stream()
                        .anyMatch(group -> !group.panels().isEmpty()))
                .toList();
    }

    public boolean isEmpty() {
        return figures.isEmpty() && table.isEmpty();
    }
}
