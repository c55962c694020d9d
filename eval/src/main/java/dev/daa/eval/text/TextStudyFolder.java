package dev.daa.eval.text;

import dev.daa.compute.InputException;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.study.StudyKind;
import dev.daa.eval.study.stage.RunPoints;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// The folder of a study on text: a run folder in `runs` for every stage and cell, each with the points that were
/// measured on it, and `report` with what is gathered from them.
final class TextStudyFolder {
    static final String BEST_OF_N = "best-of-n";

    private final TextStudyConfig config;
    private final Path path;

    /// @param config whose cells the folder holds or is to hold
    TextStudyFolder(TextStudyConfig config, Path path) {
        this.config = config;
        this.path = path;
    }

    /// The folder of a run.
    Path run(String name) {
        return StudyFiles.run(path, name);
    }

    /// The points of a run.
    Path points(String name) {
        return RunPoints.in(run(name));
    }

    /// What decides the points of best of n.
    TextCell.BestOfN bestOfN() {
        return new TextCell.BestOfN(
                config.bestOfN(), TextCell.Common.of(config, config.seeds().getFirst()));
    }

    /// Configs of all that is reported beside the SFT model, by the names of their runs, in the order of the
    /// report.
    private Map<String, Record> grid() {
        Map<String, Record> grid = new LinkedHashMap<>();
        TextCell.of(config).forEach(cell -> grid.put(cell.name(), cell.config(config)));
        if (config.bestOfN() > 0) {
            grid.put(BEST_OF_N, bestOfN());
        }
        return grid;
    }

    /// Refuses a folder that holds something else, before anything in it is touched: another kind of study, cells
    /// of the same names with another config, or finished cells that the config lacks, whose points would be lost.
    void requireOwn() {
        StudyKind.TEXT.require(path);
        Map<String, Record> grid = grid();
        grid.forEach((name, own) -> RunFolder.requireConfig(run(name), own, Set.of()));
        StudyKind.requireAll(path, finished(), grid.keySet());
    }

    /// Runs in the folder that were measured to their end, those of the grid or not.
    private List<String> finished() {
        Path runs = StudyFiles.runs(path);
        if (!Files.exists(runs)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(runs)) {
            return all.map(run -> run.toFile().getName())
                    .sorted()
                    .filter(this::isFinished)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether a run has all its points: its end is measured last, those of best of n are written at once.
    private boolean isFinished(String name) {
        List<Point> points = read(name);
        return name.equals(BEST_OF_N) ? !points.isEmpty() : points.stream().anyMatch(point -> point.fraction() == 1);
    }

    private List<Point> read(String name) {
        try {
            return Files.exists(points(name)) ? PointsCsv.read(points(name)) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Gathers the points of the SFT model and of finished cells in `report/points.csv`; where no cell is finished
    /// there is nothing to report.
    ///
    /// @return number of cells that are not finished; best of n is one
    /// @throws InputException where cells are finished and the points of the SFT model are gone
    int collect() {
        return write(Set.of());
    }

    /// The same for a report alone.
    ///
    /// @throws InputException where the report has points of a run that is gone: they would be lost
    int collectAgain() {
        Path file = StudyFiles.points(path);
        try {
            Set<String> reported = new LinkedHashSet<>();
            if (Files.exists(file)) {
                PointsCsv.read(file).stream().map(point -> point.cell().run()).forEach(reported::add);
            }
            return write(reported);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param indispensable runs without whose points nothing is written
    private int write(Set<String> indispensable) {
        List<Point> points = new ArrayList<>(read(TextBaseStage.SFT));
        int missing = 0;
        Set<String> grid = grid().keySet();
        for (String name : grid) {
            if (isFinished(name)) {
                points.addAll(read(name));
            } else {
                missing++;
            }
        }
        Set<String> gone = new LinkedHashSet<>(indispensable);
        points.forEach(point -> gone.remove(point.cell().run()));
        if (!gone.isEmpty()) {
            throw gone(gone.iterator().next(), "a run that the report has");
        }
        if (missing < grid.size()) {
            if (read(TextBaseStage.SFT).isEmpty()) {
                throw gone(TextBaseStage.SFT, "the SFT model");
            }
            try {
                DurableFile.createFolder(StudyFiles.report(path));
                PointsCsv.write(StudyFiles.points(path), points);
            } catch (IOException e) {
                throw WriteFailure.of(path, e);
            }
        }
        return missing;
    }

    private InputException gone(String run, String inWords) {
        return new InputException(points(run) + ": found nothing, expected the points of " + inWords
                + "; daa text-study --out " + path + " makes it again");
    }
}
