package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.eval.report.Point;
import dev.daa.eval.report.PointsCsv;
import dev.daa.eval.report.ResponseSample;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.eval.world.Lexicon;
import dev.daa.model.transformer.Model;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.MovingReference;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Learner;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import dev.daa.train.run.TrainingLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Trains one cell of direct alignment and measures it at its checkpoints.
final class CellStage {
    private final StudyConfig config;
    private final ExactFrontier frontier;
    private final Interrupt interrupt;

    CellStage(StudyConfig config, ExactFrontier frontier, Interrupt interrupt) {
        this.config = config;
        this.frontier = frontier;
        this.interrupt = interrupt;
    }

    void run(
            Backend backend,
            Cell.Direct cell,
            BaseStage.Prepared base,
            @Nullable TrainedProxy proxy,
            RunFolder folder,
            MetricsSink display) {
        Seeds seeds = new Seeds(cell.base().seed());
        Objective objective = Objectives.create(cell.grid().name(), cell.parameters());
        TrainingConfig training = config.align();
        int steps = training.stepsOver(base.pairs().size());
        Model policy = base.model(backend, "policy");
        Model reference = base.model(backend, "reference");
        folder.manifest(Manifest.here(
                "cpu", backend.description(), cell.base().seed(), cell.base().name(), Map.of("pairs", "reviews")));
        int microBatch = training.examplesPerPass();
        StudyConfig.Averaging averaging = cell.grid().averaging();
        AveragedWeights averaged =
                averaging == null ? null : AveragedWeights.of(base, averaging, name -> base.model(backend, name));
        try (AlignLearner direct = new AlignLearner(
                        backend,
                        policy,
                        base.pairs(),
                        new EpochOrder(base.pairs().size(), seeds),
                        base.referenceLogProbs(),
                        objective
                                .referenceUpdate()
                                .map(update -> new MovingReference(
                                        backend,
                                        base.model(backend, "moving reference"),
                                        update,
                                        BaseStage.LONGEST,
                                        BaseStage.SCORING_ROWS))
                                .orElse(null),
                        objective,
                        cell.beta(),
                        training.batch(),
                        microBatch,
                        BatchCapacity.ofPairs(base.pairs(), microBatch),
                        training.rule());
                Learner learner = averaged == null ? direct : averaged.learner(direct);
                PolicyEvaluator evaluator = new PolicyEvaluator(
                        backend,
                        averaged == null ? policy : averaged.measured(),
                        reference,
                        base.heldOut(),
                        frontier,
                        config.evaluation().temperature(),
                        proxy == null ? null : proxy.open(backend))) {
            long sampleSeed = seeds.derive("evaluation samples");
            TrainingLoop.Evaluation evaluation = (step, _, metrics) -> {
                if (averaged != null) {
                    averaged.update();
                }
                PolicyEvaluator.Measured measured = evaluator.evaluate(
                        new PolicyEvaluator.Subject.Direct(objective, cell.beta()), sampleSeed, interrupt::requested);
                record(
                        folder,
                        new Point(
                                cell.pointCell(base.weights().length),
                                step,
                                (double) step / steps,
                                measured.evaluation()),
                        measured.samples());
                folder.heldOut(step, measured.heldOut());
                return withEvaluation(metrics, measured.evaluation());
            };
            new TrainingLoop(
                            learner,
                            training.scheduleOver(steps),
                            TrainingLoop.stepsAt(config.evaluation().checkpoints(), steps),
                            TrainingLoop.Retention.LAST,
                            BaseStage.tokenizer(),
                            Lexicon.EOS)
                    .run(folder, display, evaluation, interrupt);
        }
    }

    /// The point of the SFT model itself.
    static Point startOf(BaseStage.Prepared base, Point.Evaluation evaluation) {
        Cell.Base of = base.base();
        Point.Cell cell =
                new Point.Cell(of.name(), Point.SFT, Double.NaN, of.size().name(), base.weights().length, of.seed());
        return new Point(cell, 0, 0, evaluation);
    }

    /// Adds a point to the run's `points.csv`, in place of points of the same or a later step, and writes its
    /// samples.
    static void record(RunFolder folder, Point measured, List<ResponseSample> samples) {
        Path file = folder.path().resolve("points.csv");
        try {
            List<Point> points = new ArrayList<>();
            if (Files.exists(file)) {
                for (Point point : PointsCsv.read(file)) {
                    if (point.step() < measured.step()) {
                        points.add(point);
                    }
                }
            }
            points.add(measured);
            PointsCsv.write(file, points);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        folder.samples(measured.step(), samples);
    }

    static Metrics withEvaluation(Metrics metrics, Point.Evaluation evaluation) {
        if (!evaluation.proxyReward().isMissing()) {
            metrics.with("proxy/reward", evaluation.proxyReward().mean())
                    .with("proxy/reward_se", evaluation.proxyReward().standardError());
        }
        return metrics.with("gold/reward", evaluation.gold().mean())
                .with("gold/reward_se", evaluation.gold().standardError())
                .with("gold/win_rate", evaluation.winRate().mean())
                .with("kl/exact", evaluation.kl().mean())
                .with("kl/exact_se", evaluation.kl().standardError())
                .with("kl/k1", evaluation.klK1().mean())
                .with("kl/k3", evaluation.klK3().mean())
                .with("response/length", evaluation.length().mean())
                .with("eval/rewards/accuracies", evaluation.implicitAccuracy())
                .with("eval/loss", evaluation.loss());
    }
}
