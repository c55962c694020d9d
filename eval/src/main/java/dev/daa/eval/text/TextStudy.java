package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.study.Treatment;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;

/// Runs a study on text, stage by stage: SFT, gold reward model, labels, proxy reward model, every cell of direct
/// alignment, reinforcement and online alignment, best of n; then collects the points for the report. Each stage is a
/// run folder, so the same call goes on after an interruption.
public final class TextStudy {
    private static final String BEST_OF_N = "best-of-n";

    private final TextStudyConfig config;
    private final Path folder;
    private final Function<String, RunDisplay> displays;
    private final Interrupt interrupt;
    private final TextTraining training;
    private final TextDirectStage direct;
    private final TextReinforcementStage reinforcement;
    private final TextOnlineStage online;

    /// @param displays shows the run of a name
    public TextStudy(TextStudyConfig config, Path folder, Function<String, RunDisplay> displays, Interrupt interrupt) {
        this.config = config;
        this.folder = folder;
        this.displays = displays;
        this.interrupt = interrupt;
        training = new TextTraining(config, interrupt);
        direct = new TextDirectStage(training, folder.resolve("reference-cache"), interrupt);
        reinforcement = new TextReinforcementStage(training, interrupt);
        online = new TextOnlineStage(training, interrupt);
    }

    /// Runs what is left; `report/points.csv` grows with every finished cell.
    ///
    /// @param collected told how many cells are missing, whenever the points of one more have come; best of n is
    ///   one
    public void run(IntConsumer collected) {
        requireOwn();
        TextBase base = new TextBaseStage(config, folder, displays, interrupt).run();
        try (Backend backend = config.placement().open()) {
            TextEvaluator.Start start = TextEvaluator.start(backend, base, config.evaluation(), interrupt::requested);
            Path file = Files.createDirectories(folder.resolve("report")).resolve("points.csv");
            List<Point> points = new ArrayList<>(startPoints(backend, base, start));
            List<TextCell> cells = TextCell.of(config);
            int missing = cells.size() + (config.bestOfN() > 0 ? 1 : 0);
            for (TextCell cell : cells) {
                points.addAll(points(backend, base, start, cell));
                PointsCsv.write(file, points);
                collected.accept(--missing);
            }
            if (config.bestOfN() > 0) {
                points.addAll(bestOfN(backend, base, start));
                PointsCsv.write(file, points);
                collected.accept(--missing);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Refuses a folder that holds something else, before anything in it is touched: another kind of study, or
    /// cells of the same names with another config.
    private void requireOwn() {
        if (Files.exists(folder.resolve("ledger.jsonl"))) {
            throw new InputException(folder + ": found a study of the reviews world (ledger.jsonl), expected a study on"
                    + " text or a new folder; choose another --out");
        }
        TextCell.of(config).forEach(cell -> RunFolder.requireConfig(runs(cell.name()), cell.config(config), Set.of()));
    }

    private Path runs(String name) {
        return folder.resolve("runs").resolve(name);
    }

    private List<Point> startPoints(Backend backend, TextBase base, TextEvaluator.Start start) {
        try (TextEvaluator evaluator = new TextEvaluator(
                        backend,
                        base,
                        base.policy(backend, "policy"),
                        base.policy(backend, "reference"),
                        config.evaluation(),
                        start);
                RunFolder run = RunFolder.open(runs(TextBaseStage.SFT))) {
            TextEvaluator.Measured measured = evaluator.evaluateStart(interrupt::requested);
            run.samples(0, measured.samples());
            return config.seeds().stream()
                    .map(seed -> new Point(
                            new Point.Cell(
                                    TextBaseStage.SFT, Point.SFT, Double.NaN, base.name(), base.parameters(), seed),
                            0,
                            0,
                            measured.evaluation()))
                    .toList();
        }
    }

    /// Points of a cell, which is trained unless it was.
    private List<Point> points(Backend backend, TextBase base, TextEvaluator.Start start, TextCell cell)
            throws IOException {
        Path points = runs(cell.name()).resolve("points.csv");
        try (RunFolder run = RunFolder.open(runs(cell.name()))) {
            run.config(cell.config(config), Set.of());
            int steps = training.steps(cell, base);
            boolean finished =
                    Files.exists(points) && PointsCsv.read(points).stream().anyMatch(point -> point.step() == steps);
            if (!finished) {
                train(new TextTraining.Job(backend, base, start, cell, run, displays.apply(cell.name())));
            }
            return PointsCsv.read(points);
        }
    }

    private void train(TextTraining.Job job) {
        switch (job.cell()) {
            case TextCell.Direct cell -> direct.run(job, cell);
            case TextCell.Reinforced cell -> reinforcement.run(job, cell);
            case TextCell.Online cell -> online.run(job, cell);
        }
    }

    private List<Point> bestOfN(Backend backend, TextBase base, TextEvaluator.Start start) throws IOException {
        Path file = Files.createDirectories(runs(BEST_OF_N)).resolve("points.csv");
        if (Files.exists(file)) {
            return PointsCsv.read(file);
        }
        List<Point> points = TextBestOfN.points(
                backend,
                base,
                config,
                start,
                Treatment.bestOfN(BEST_OF_N, TextBaseStage.PROXY)
                        .on(
                                BEST_OF_N,
                                base.name(),
                                base.parameters(),
                                config.seeds().getFirst()),
                interrupt::requested);
        PointsCsv.write(file, points);
        return points;
    }
}
