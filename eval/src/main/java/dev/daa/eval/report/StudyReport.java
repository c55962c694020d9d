package dev.daa.eval.report;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.curve.LawBootstrap;
import dev.daa.eval.record.Json;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.FigureDrawing;
import dev.daa.eval.report.chart.Png;
import dev.daa.eval.report.figure.Figures;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.LawFits;
import dev.daa.eval.report.measure.Parallel;
import dev.daa.eval.report.measure.Recommendation;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.Thresholds;
import dev.daa.eval.report.part.Analyses;
import dev.daa.eval.report.part.AnalysisSection;
import dev.daa.eval.report.part.RecommendationPart;
import dev.daa.eval.report.text.Words;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// From a study's folder to its report: `report/index.html`, `report/fits.json`, `report/recommendation.json`,
/// `report/thresholds.json`, `report/figures/*.{svg,png,csv}`.
///
/// Read are `study.json` ([dev.daa.eval.record.StudyFacts]), `report/points.csv` ([dev.daa.eval.record.PointsCsv]),
/// `report/toys.json` ([dev.daa.eval.record.ToysFile]), `runs/RUN/metrics.jsonl` ([dev.daa.eval.record.TrainingLog]),
/// `runs/RUN/samples/step-N.jsonl` ([dev.daa.eval.record.ResponseSample]), `runs/RUN/scores.csv`
/// ([dev.daa.eval.record.ScoresCsv]) and `runs/RUN/held-out/step-N.jsonl`
/// ([dev.daa.eval.record.HeldOutResponse]); only the points are indispensable. It can be written again at any time,
/// also while the study runs; the same files give the same bytes, PNG files apart, whose letters depend on the
/// machine's fonts.
public final class StudyReport {
    private StudyReport() {}

    /// What was written.
    ///
    /// @param index the page
    /// @param findings every claim with its verdict
    /// @param recommendations where the study's analysis has that part
    /// @param warnings what the report lacks: cells that have not run, PNG files
    public record Written(
            Path index, List<Finding> findings, List<Recommendation> recommendations, List<String> warnings) {}

    /// Fits, draws, judges and writes.
    ///
    /// @throws dev.daa.compute.InputException where the folder has no points or a file cannot be read
    public static Written write(Path studyFolder) throws IOException {
        return write(studyFolder, LawBootstrap.REPLICAS);
    }

    /// @param replicas of the fits' bootstrap
    static Written write(Path studyFolder, int replicas) throws IOException {
        SampledRewards.Source samples = SampledRewards.Source.inFolder(studyFolder);
        List<FittedLaw> fits = LawFits.of(StudyData.readPoints(studyFolder), samples, replicas);
        StudyData data = StudyData.read(studyFolder, fits);
        boolean tuned = data.facts().analysis().contains(Part.THRESHOLDS.key());
        Thresholds thresholds = tuned ? Thresholds.inFolder(studyFolder, data.points()) : Thresholds.none();
        List<AnalysisSection> analyses = Analyses.of(data, samples, thresholds, replicas);
        List<Figure> figures = new ArrayList<>(Figures.of(data));
        List<Finding> findings = new ArrayList<>(Findings.of(data.points(), fits, data.proxies()));
        for (AnalysisSection section : analyses) {
            figures.addAll(section.figures());
            findings.addAll(section.findings());
        }
        Path report = StudyFiles.report(studyFolder);
        Path folder = DurableFile.createFolder(report.resolve("figures"));
        LawFits.write(report.resolve("fits.json"), fits);
        if (!thresholds.models().isEmpty()) {
            DurableFile.write(report.resolve("thresholds.json"), Json.indented(thresholds.entries()));
        }
        List<Recommendation> recommendations = List.of();
        if (data.facts().analysis().contains(Part.RECOMMENDATION.key())) {
            recommendations = RecommendationPart.recommendations(data, samples, replicas);
            DurableFile.write(report.resolve("recommendation.json"), Json.indented(recommendations));
        }
        Optional<String> unpainted = Png.obstacle()
                .map(obstacle -> "no PNG figures, because this Java runtime cannot draw text (" + obstacle
                        + "); the SVG figures are complete. Install fontconfig and a font, such as fonts-dejavu-core");
        Parallel.map(figures, figure -> write(figure, folder, unpainted.isEmpty()));
        Path index = report.resolve("index.html");
        DurableFile.write(index, Page.of(data, analyses, figures, findings, unpainted.isEmpty()));
        List<String> warnings = new ArrayList<>();
        if (data.facts().missing() > 0) {
            warnings.add(
                    "the study is not finished, " + Words.count(data.facts().missing(), "cell") + " missing");
        }
        unpainted.ifPresent(warnings::add);
        return new Written(index, findings, recommendations, warnings);
    }

    /// Writes a figure's SVG, CSV and PNG; the last needs the runtime's fonts and image classes.
    private static Path write(Figure figure, Path folder, boolean painted) {
        Path file = folder.resolve(figure.id() + ".svg");
        String svg = FigureDrawing.file(figure);
        try {
            Files.writeString(folder.resolve(figure.id() + ".csv"), figure.csv());
            if (painted) {
                Png.write(svg, folder.resolve(figure.id() + ".png"));
            }
            return Files.writeString(file, svg);
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }
}
