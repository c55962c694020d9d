package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.study.config.Treatment;
import dev.daa.train.config.Configs;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;

/// Runs a study on text, stage by stage: SFT, gold reward model, labels, proxy reward model, every cell of direct
/// alignment, reinforcement and online alignment, best of n; then collects the points for the report. Each stage is a
/// run folder, so the same call goes on after an interruption.
public final class TextStudy {
    private final TextStudyConfig config;
    private final Path path;
    private final TextStudyFolder folder;
    private final Function<String, RunDisplay> displays;
    private final Interrupt interrupt;
    private final TextTraining training;
    private final TextDirectStage direct;
    private final TextReinforcementStage reinforcement;
    private final TextOnlineStage online;
    private boolean ran;

    /// @param displays shows the run of a name
    public TextStudy(TextStudyConfig config, Path folder, Function<String, RunDisplay> displays, Interrupt interrupt) {
        // Runs keep the paths of what they start from, so these must mean the same wherever a study is gone on with.
        this.config = Configs.withAbsolutePaths(config);
        path = folder.toAbsolutePath();
        this.folder = new TextStudyFolder(this.config, path);
        this.displays = displays;
        this.interrupt = interrupt;
        training = new TextTraining(this.config, interrupt);
        direct = new TextDirectStage(training, path.resolve("reference-cache"), interrupt);
        reinforcement = new TextReinforcementStage(training, interrupt);
        online = new TextOnlineStage(training, interrupt);
    }

    /// Points of a study's folder for its report, which a process that was stopped may not have gathered.
    ///
    /// @return number of cells that are not finished
    /// @throws InputException where the report has points of a run that is gone
    public static int collect(TextStudyConfig config, Path folder) {
        return new TextStudyFolder(config, folder).collectAgain();
    }

    /// Runs what is left; `report/points.csv` grows with every finished cell.
    ///
    /// @param collected told how many cells are missing, whenever the points have been gathered; best of n is one
    public void run(IntConsumer collected) {
        folder.requireOwn();
        TextBase base = new TextBaseStage(config, path, displays, interrupt).run();
        try (Backend backend = config.placement().open()) {
            TextEvaluator.Start start = TextEvaluator.start(backend, base, config.evaluation(), interrupt::requested);
            measureStart(backend, base, start);
            collected.accept(folder.collect());
            for (TextCell cell : TextCell.of(config)) {
                if (trained(backend, base, start, cell)) {
                    ran = true;
                    collected.accept(folder.collect());
                }
            }
            if (config.bestOfN() > 0 && measuredBestOfN(backend, base, start)) {
                ran = true;
                collected.accept(folder.collect());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether the last call found a cell to run, so far.
    public boolean ran() {
        return ran;
    }

    /// The points of the SFT model, one a seed, and its samples.
    private void measureStart(Backend backend, TextBase base, TextEvaluator.Start start) throws IOException {
        try (TextEvaluator evaluator = new TextEvaluator(
                        backend,
                        base,
                        base.policy(backend, "policy"),
                        base.policy(backend, "reference"),
                        config.evaluation(),
                        start);
                RunFolder run = RunFolder.open(folder.run(TextBaseStage.SFT))) {
            TextEvaluator.Measured measured = evaluator.evaluateStart(interrupt::requested);
            run.samples(0, measured.samples());
            PointsCsv.write(
                    folder.points(TextBaseStage.SFT),
                    config.seeds().stream()
                            .map(seed -> new Point(
                                    new Point.Cell(
                                            TextBaseStage.SFT,
                                            Point.SFT,
                                            Double.NaN,
                                            base.name(),
                                            base.parameters(),
                                            seed),
                                    0,
                                    0,
                                    measured.evaluation()))
                            .toList());
        }
    }

    /// Trains a cell unless it was.
    private boolean trained(Backend backend, TextBase base, TextEvaluator.Start start, TextCell cell)
            throws IOException {
        Path points = folder.points(cell.name());
        try (RunFolder run = RunFolder.open(folder.run(cell.name()))) {
            run.config(cell.config(config), Set.of());
            int steps = training.steps(cell, base);
            boolean finished = Files.exists(points)
                    && PointsCsv.read(points).stream().anyMatch(point -> point.step() == steps)
                    // Saved after its points.
                    && run.checkpoints().reached(steps);
            if (!finished) {
                train(new TextTraining.Job(backend, base, start, cell, run, displays.apply(cell.name())));
            }
            return !finished;
        }
    }

    private void train(TextTraining.Job job) {
        switch (job.cell()) {
            case TextCell.Direct cell -> direct.run(job, cell);
            case TextCell.Reinforced cell -> reinforcement.run(job, cell);
            case TextCell.Online cell -> online.run(job, cell);
        }
    }

    /// Measures best of n unless it was.
    private boolean measuredBestOfN(Backend backend, TextBase base, TextEvaluator.Start start) throws IOException {
        String name = TextStudyFolder.BEST_OF_N;
        try (RunFolder run = RunFolder.open(folder.run(name))) {
            run.config(folder.bestOfN(), Set.of());
            if (Files.exists(folder.points(name))) {
                return false;
            }
            PointsCsv.write(
                    folder.points(name),
                    TextBestOfN.points(
                            backend,
                            base,
                            config,
                            start,
                            run.path(),
                            Treatment.bestOfN(name, TextBaseStage.PROXY)
                                    .on(
                                            name,
                                            base.name(),
                                            base.parameters(),
                                            config.seeds().getFirst()),
                            interrupt::requested));
            return true;
        }
    }
}
