package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.record.Point;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.model.transformer.Model;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Trains the policy of a cell with whatever learner, and measures it at the study's checkpoints.
public final class MeasuredTraining {
    private final StudyConfig config;
    private final ExactFrontier frontier;
    private final Interrupt interrupt;
    private final String backend;

    /// One cell with what it needs.
    ///
    /// @param proxy that scores its responses; none in studies without reward models
    /// @param proxyStart the SFT model that the proxy was trained from; none likewise
    public record Job(
            Backend backend,
            Cell cell,
            BaseStage.Prepared base,
            @Nullable TrainedProxy proxy,
            BaseStage.@Nullable Prepared proxyStart,
            RunFolder folder) {
        Seeds seeds() {
            return new Seeds(cell.base().seed());
        }
    }

    MeasuredTraining(StudyConfig config, ExactFrontier frontier, Interrupt interrupt, String backend) {
        this.config = config;
        this.frontier = frontier;
        this.interrupt = interrupt;
        this.backend = backend;
    }

    /// What is measured at a checkpoint.
    ///
    /// @param update brings the model's weights up to date before it is measured
    record Policy(Model model, Runnable update) {
        /// The policy that is trained, as it is.
        static Policy of(Model trained) {
            return new Policy(trained, () -> {});
        }
    }

    /// @param training the learner's schedule
    void run(
            Job job,
            Learner learner,
            Policy policy,
            TrainingConfig training,
            PolicyEvaluator.Subject subject,
            MetricsSink display) {
        Model reference = job.base().model(job.backend(), "reference");
        Cell cell = job.cell();
        RunFolder folder = job.folder();
        int steps = cell.steps(config);
        folder.manifest(Manifest.here(
                backend,
                job.backend().description(),
                cell.base().seed(),
                cell.base().name(),
                Map.of("pairs", "reviews", "gold", job.base().goldQuality().inWords())));
        try (PolicyEvaluator evaluator = new PolicyEvaluator(
                job.backend(),
                policy.model(),
                reference,
                job.base().heldOut(),
                frontier,
                job.base().gold(),
                config.evaluation().temperature(),
                job.proxy() == null ? null : job.proxy().open(job.backend()))) {
            long sampleSeed = job.seeds().derive("evaluation samples");
            TrainingLoop.Evaluation evaluation = (step, _, metrics) -> {
                policy.update().run();
                PolicyEvaluator.Measured measured = evaluator.evaluate(subject, sampleSeed, interrupt::requested);
                folder.heldOut(step, measured.heldOut());
                RunPoints.record(
                        folder,
                        new Point(
                                cell.pointCell(job.base().weights().length),
                                step,
                                (double) step / steps,
                                measured.evaluation()),
                        measured.samples());
                return MeasuredMetrics.add(metrics, measured.evaluation());
            };
            new TrainingLoop(
                            learner,
                            training.scheduleOver(steps),
                            TrainingLoop.stepsAt(config.evaluation().checkpoints(), steps),
                            TrainingLoop.Retention.LAST,
                            BaseStage.text())
                    .run(folder, display, evaluation, interrupt);
        }
    }
}
