package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.study.StudyKind;
import dev.daa.eval.study.config.Treatment;
import dev.daa.train.config.Configs;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

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
        // Runs keep the paths of what they start from, so these must mean the same wherever a study is gone on with.
        this.config = Configs.withAbsolutePaths(config);
        this.folder = folder.toAbsolutePath();
        this.displays = displays;
        this.interrupt = interrupt;
        training = new TextTraining(this.config, interrupt);
        direct = new TextDirectStage(training, this.folder.resolve("reference-cache"), interrupt);
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

    /// Refuses a folder that holds something else, before anything in it is touched: another kind of study, cells
    /// of the same names with another config, or finished cells that the config lacks, whose points would be lost.
    private void requireOwn() {
        StudyKind.TEXT.require(folder);
        Map<String, Record> configs = new LinkedHashMap<>();
        TextCell.of(config).forEach(cell -> configs.put(cell.name(), cell.config(config)));
        if (config.bestOfN() > 0) {
            configs.put(BEST_OF_N, bestOfNConfig());
        }
        configs.forEach((name, own) -> RunFolder.requireConfig(runs(name), own, Set.of()));
        StudyKind.requireAll(folder, finished(), configs.keySet());
    }

    private TextCell.BestOfN bestOfNConfig() {
        return new TextCell.BestOfN(
                config.bestOfN(), TextCell.Common.of(config, config.seeds().getFirst()));
    }

    /// Runs in the folder that were measured to their end.
    private List<String> finished() {
        Path runs = folder.resolve("runs");
        if (!Files.exists(runs)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(runs)) {
            List<String> finished = new ArrayList<>();
            for (Path run : all.sorted().toList()) {
                Path points = run.resolve("points.csv");
                String name = run.toFile().getName();
                if (Files.exists(points)
                        && (name.equals(BEST_OF_N)
                                || PointsCsv.read(points).stream().anyMatch(point -> point.fraction() == 1))) {
                    finished.add(name);
                }
            }
            return finished;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        Path file = runs(BEST_OF_N).resolve("points.csv");
        try (RunFolder run = RunFolder.open(runs(BEST_OF_N))) {
            run.config(bestOfNConfig(), Set.of());
            if (!Files.exists(file)) {
                PointsCsv.write(
                        file,
                        TextBestOfN.points(
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
                                interrupt::requested));
            }
            return PointsCsv.read(file);
        }
    }
}
