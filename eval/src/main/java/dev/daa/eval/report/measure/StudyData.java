package dev.daa.eval.report.measure;

import dev.daa.compute.InputException;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.GoldRow;
import dev.daa.eval.record.HeldOutResponse;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.record.ResponseSample;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.record.ToysFile;
import dev.daa.eval.record.TrainingLog;
import dev.daa.eval.report.text.Words;
import dev.daa.eval.toy.Toys;
import dev.daa.eval.world.ExactFrontier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Everything that the report draws and says, read from a study's folder.
///
/// @param logs training metrics by run; runs without them are absent
/// @param examples sampled responses at telling checkpoints; empty where the runs kept none
/// @param heldOut what each checkpoint says of held-out responses; only where an analysis asks for it
/// @param proxies reward models of the study, before anything optimised them
/// @param golds origin and unit of the gold rewards, base by base
/// @param toys what they showed; only where the study ran them
/// @param frontier the best attainable gold reward at any KL, where the world knows it: for the exact gold only
public record StudyData(
        StudyFacts facts,
        List<Point> points,
        List<FittedLaw> fits,
        Map<String, TrainingLog> logs,
        List<Examples> examples,
        Map<Point, List<HeldOutResponse>> heldOut,
        List<ProxyRow> proxies,
        List<GoldRow> golds,
        Optional<Toys> toys,
        Optional<FrontierCurve> frontier) {
    private static final int EXAMPLES = 3;

    /// The first responses that a checkpoint's file holds, so nobody chose them.
    ///
    /// @param what why this checkpoint is shown
    public record Examples(String what, Point point, List<ResponseSample> samples) {}

    public static StudyData read(Path studyFolder, List<FittedLaw> fits) throws IOException {
        StudyFacts facts = StudyFacts.read(studyFolder);
        List<Point> points = readPoints(studyFolder);
        return new StudyData(
                facts,
                points,
                fits,
                logs(studyFolder, points),
                examples(studyFolder, points),
                heldOut(studyFolder, facts, points),
                ProxyRow.read(studyFolder),
                GoldRow.read(studyFolder),
                ToysFile.read(studyFolder),
                facts.world().equals("reviews") && !goldIsModel(points)
                        ? Optional.of(frontier(points))
                        : Optional.empty());
    }

    /// Whether the gold reward is itself a trained model, with the exact one beside it.
    static boolean goldIsModel(List<Point> points) {
        return points.stream()
                .anyMatch(point -> !point.evaluation().rewards().exactGold().isMissing());
    }

    /// A little farther than the points, for the axes.
    public static FrontierCurve frontier(List<Point> points) {
        double farthest = points.stream().mapToDouble(Point::distance).max().orElse(1);
        return new FrontierCurve(ExactFrontier.ofReviews(), 1.1 * farthest);
    }

    public static List<Point> readPoints(Path studyFolder) throws IOException {
        Path file = StudyFiles.points(studyFolder);
        if (!Files.exists(file)) {
            throw InputException.of(
                    studyFolder.toString(),
                    "no report/points.csv",
                    "a study's folder",
                    "run daa study --out there first, or wait for its first cell");
        }
        List<Point> points = PointsCsv.read(file);
        if (points.stream().allMatch(Point::isStart)) {
            throw InputException.of(
                    file.toString(),
                    "no evaluated checkpoint",
                    "one at least",
                    "see the study's ledger for failed runs");
        }
        return points;
    }

    private static Map<String, TrainingLog> logs(Path studyFolder, List<Point> points) throws IOException {
        List<String> logged = points.stream()
                .map(point -> point.cell().run())
                .distinct()
                .filter(run -> Files.exists(StudyFiles.metrics(StudyFiles.run(studyFolder, run))))
                .toList();
        List<TrainingLog> read =
                Parallel.map(logged, run -> TrainingLog.read(StudyFiles.metrics(StudyFiles.run(studyFolder, run))));
        Map<String, TrainingLog> logs = new LinkedHashMap<>();
        for (int k = 0; k < read.size(); k++) {
            logs.put(logged.get(k), read.get(k));
        }
        return logs;
    }

    private static List<Examples> examples(Path studyFolder, List<Point> points) throws IOException {
        List<Point> kept = points.stream()
                .filter(point -> Files.exists(samplesFile(studyFolder, point)))
                .filter(point -> !point.gold().isMissing() && !point.kl().isMissing())
                .toList();
        List<Examples> examples = new ArrayList<>();
        Optional<Point> start = kept.stream().filter(Point::isStart).findFirst();
        if (start.isPresent()) {
            examples.add(read(studyFolder, "SFT policy, where training starts", start.get()));
        }
        for (String objective :
                kept.stream().map(point -> point.cell().objective()).distinct().toList()) {
            List<Point> members = kept.stream()
                    .filter(point ->
                            !point.isStart() && point.cell().objective().equals(objective))
                    .toList();
            if (members.isEmpty()) {
                continue;
            }
            Comparator<Point> byKl =
                    Comparator.comparingDouble(point -> point.kl().mean());
            Comparator<Point> byGold =
                    Comparator.comparingDouble(point -> point.gold().mean());
            Map<Point, String> shown = new LinkedHashMap<>();
            shown.put(members.stream().min(byKl).orElseThrow(), "lowest KL");
            shown.merge(members.stream().max(byGold).orElseThrow(), "best gold", (low, best) -> low + ", " + best);
            shown.merge(members.stream().max(byKl).orElseThrow(), "highest KL", (best, high) -> best + ", " + high);
            for (Map.Entry<Point, String> entry : shown.entrySet()) {
                examples.add(read(studyFolder, Words.objective(objective) + ": " + entry.getValue(), entry.getKey()));
            }
        }
        return examples;
    }

    private static Map<Point, List<HeldOutResponse>> heldOut(Path studyFolder, StudyFacts facts, List<Point> points)
            throws IOException {
        Map<Point, List<HeldOutResponse>> heldOut = new LinkedHashMap<>();
        if (facts.analysis().contains(Part.LENGTH.key())) {
            List<List<HeldOutResponse>> read = Parallel.map(
                    points,
                    point -> HeldOutResponse.read(HeldOutResponse.file(
                            StudyFiles.run(studyFolder, point.cell().run()), point.step())));
            for (int k = 0; k < read.size(); k++) {
                if (!read.get(k).isEmpty()) {
                    heldOut.put(points.get(k), read.get(k));
                }
            }
        }
        return heldOut;
    }

    private static Path samplesFile(Path studyFolder, Point point) {
        return ResponseSample.file(StudyFiles.run(studyFolder, point.cell().run()), point.step());
    }

    private static Examples read(Path studyFolder, String what, Point point) throws IOException {
        List<ResponseSample> samples = ResponseSample.read(samplesFile(studyFolder, point));
        return new Examples(what, point, samples.subList(0, Math.min(EXAMPLES, samples.size())));
    }
}
