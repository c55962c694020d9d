package dev.daa.train.loop;

import dev.daa.compute.InputException;
import dev.daa.compute.Parameter;
import dev.daa.compute.Parameters;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.transformer.Model;
import dev.daa.train.model.Work;
import dev.daa.train.run.Checkpoint;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;

/// Runs a [Learner] to its last step: learning rate, step, record, and at given steps evaluate and checkpoint.
/// A run that was stopped at any moment goes on from its last whole checkpoint and gives the bits of the
/// uninterrupted run.
public final class TrainingLoop {
    /// The one number of an evaluation that is finite for all weights whose logits are: k3 may overflow, a standard
    /// error needs two prompts, and rewards are of another model.
    private static final String DISTANCE = "kl/exact";

    private final Learner learner;
    private final Schedule schedule;
    private final SortedSet<Integer> checkpointSteps;
    private final Retention retention;
    private final ModelText text;

    /// Which checkpoints stay on the disk.
    public enum Retention {
        ALL,
        LAST
    }

    /// Looks at the model at a checkpoint step; what it measures is recorded with that step.
    @FunctionalInterface
    public interface Evaluation {
        /// @return the metrics it was given, with what was measured added
        Metrics evaluate(int step, Model model, Metrics metrics);

        /// Measures nothing.
        static Evaluation none() {
            return (_, _, metrics) -> metrics;
        }
    }

    /// @param checkpointSteps steps after which the model is evaluated and saved; the schedule's last step is
    /// added
    /// @param retention which checkpoints stay
    /// @param text saved with the model
    public TrainingLoop(
            Learner learner,
            Schedule schedule,
            SortedSet<Integer> checkpointSteps,
            Retention retention,
            ModelText text) {
        this.learner = learner;
        this.schedule = schedule;
        this.checkpointSteps = new TreeSet<>(checkpointSteps);
        this.checkpointSteps.add((int) schedule.steps());
        this.retention = retention;
        this.text = text;
    }

    /// Steps at the given fractions of a run, at least 1.
    public static SortedSet<Integer> stepsAt(List<Double> fractions, int steps) {
        SortedSet<Integer> at = new TreeSet<>();
        for (double fraction : fractions) {
            if (!(fraction > 0 && fraction <= 1)) {
                throw new InputException("checkpoints is " + fractions + ", expected fractions above 0 and at most 1");
            }
            at.add((int) Math.max(1, Math.round(fraction * steps)));
        }
        return at;
    }

    /// Trains to the end.
    ///
    /// @throws InterruptedRunException after saving a checkpoint, when `interrupt` was requested
    /// @throws NonFiniteException when loss, gradients, weights or the exact KL of an evaluation are not finite;
    ///   the last checkpoint is untouched
    public void run(RunFolder folder, MetricsSink display, Evaluation evaluation, Interrupt interrupt) {
        folder.checkpoints().begin();
        Optional<Checkpoint> resumed = folder.checkpoints().latest();
        resumed.ifPresent(checkpoint -> LearnerState.restore(checkpoint.folder(), learner));
        Optional<Metrics> unevaluated = resumed.flatMap(checkpoint -> LearnerState.unevaluated(checkpoint.folder()));
        long done = resumed.map(Checkpoint::step).orElse(0L);
        MetricsSink sink =
                folder.metricsAfter(unevaluated.isPresent() ? done - 1 : done).and(display);
        unevaluated.ifPresent(metrics -> sink.record(evaluated(metrics, folder, evaluation)));
        int steps = (int) schedule.steps();
        for (int step = (int) done + 1; step <= steps; step++) {
            Metrics metrics = measuredStep(step, folder);
            boolean checkpoint = checkpointSteps.contains(step);
            sink.record(checkpoint ? evaluated(metrics, folder, evaluation) : metrics);
            boolean stop = interrupt.requested() && step < steps;
            if (checkpoint || stop) {
                save(folder, step, _ -> {});
            }
            if (stop) {
                throw stopped(step, folder);
            }
        }
    }

    /// Evaluates; when that is cancelled, the step is saved without it, and the resumed run begins with it.
    private Metrics evaluated(Metrics metrics, RunFolder folder, Evaluation evaluation) {
        try {
            Metrics measured = evaluation.evaluate((int) metrics.step(), learner.model(), metrics);
            double distance = measured.value(DISTANCE).orElse(0);
            if (!Double.isFinite(distance)) {
                throw notFinite(metrics.step(), DISTANCE + " is " + distance, lastBefore(metrics.step(), folder));
            }
            return measured;
        } catch (CancellationException _) {
            save(folder, metrics.step(), target -> LearnerState.saveUnevaluated(target, metrics));
            throw stopped(metrics.step(), folder);
        }
    }

    private void save(RunFolder folder, long step, Checkpoint.Writer more) {
        requireFiniteState(step, folder);
        folder.save(step, target -> {
            LearnerState.save(target, learner, text);
            more.write(target);
        });
        if (retention == Retention.LAST) {
            folder.checkpoints().deleteBefore(step);
        }
    }

    private InterruptedRunException stopped(long step, RunFolder folder) {
        return new InterruptedRunException("stopped after step " + step + " of " + schedule.steps()
                + "; the same command goes on from " + folder.path());
    }

    private Metrics measuredStep(int step, RunFolder folder) {
        long start = System.nanoTime();
        Metrics metrics;
        try {
            metrics = learner.step(step, (float) schedule.learningRate(step - 1L));
        } catch (CancellationException _) {
            if (step - 1 > folder.checkpoints().latest().map(Checkpoint::step).orElse(0L)) {
                save(folder, step - 1L, _ -> {});
            }
            throw stopped(step - 1L, folder);
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        requireFinite(metrics, "loss", step, folder);
        requireFinite(metrics, "grad_norm", step, folder);
        learner.timeOfLastStep().ifPresent(time -> time.addTo(metrics));
        Work work = learner.workOfLastStep();
        return metrics.with("tokens_per_second", work.rows() / seconds)
                .with("gflops_per_second", work.operations() / seconds * 1e-9);
    }

    private void requireFinite(Metrics metrics, String key, long step, RunFolder folder) {
        double value = metrics.value(key).orElseThrow();
        if (!Double.isFinite(value)) {
            throw notFinite(
                    step,
                    key + " is " + value + ", first in "
                            + learner.firstNonFinite().orElse("the objective"),
                    lastBefore(step - 1, folder) + suspected(step - 1, folder));
        }
    }

    /// A checkpoint of what is not finite would take the place of the last good one.
    private void requireFiniteState(long step, RunFolder folder) {
        requireFinite(learner.model().trained(), "parameter", step, folder);
        learner.optimizerState().forEach((name, values) -> requireFinite(values, name + " of parameter", step, folder));
    }

    private static void requireFinite(Parameters values, String what, long step, RunFolder folder) {
        float[][] arrays = values.copy();
        for (Parameter parameter : values.layout().parameters()) {
            float[] array = arrays[parameter.array()];
            for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
                if (!Float.isFinite(array[i])) {
                    throw notFinite(step, what + " " + parameter.name() + " is " + array[i], lastBefore(step, folder));
                }
            }
        }
    }

    /// The last checkpoint whose weights made the updates after it well.
    private static String lastBefore(long step, RunFolder folder) {
        return folder.checkpoints().list().reversed().stream()
                .filter(checkpoint -> checkpoint.step() < step)
                .findFirst()
                .map(checkpoint -> "checkpoint " + checkpoint.folder() + " is kept")
                .orElse("there is no checkpoint before it");
    }

    /// A checkpoint that is not to be gone on from: the loss that is not finite may be that of its weights.
    private static String suspected(long step, RunFolder folder) {
        return folder.checkpoints()
                .latest()
                .filter(checkpoint -> checkpoint.step() == step)
                .map(checkpoint -> ", but do not go on from " + checkpoint.folder() + ", which may give it again")
                .orElse("");
    }

    private static NonFiniteException notFinite(long step, String what, String checkpoints) {
        return new NonFiniteException(
                "step " + step + ": " + what + "; " + checkpoints + "; lower the learning rate or the gradient clip");
    }
}
