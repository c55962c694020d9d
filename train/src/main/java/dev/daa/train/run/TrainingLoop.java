package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Model;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Runs a [Learner] to its last step: learning rate, step, record, and at given steps evaluate and checkpoint.
/// A run that was stopped at any moment goes on from its last whole checkpoint and gives the bits of the
/// uninterrupted run.
public final class TrainingLoop {
    private final Learner learner;
    private final Schedule schedule;
    private final SortedSet<Integer> checkpointSteps;
    private final Retention retention;
    private final @Nullable Tokenizer tokenizer;
    private final int eosTokenId;

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
    /// @param tokenizer saved with the model; none for data that are token ids
    /// @param eosTokenId saved with the model
    public TrainingLoop(
            Learner learner,
            Schedule schedule,
            SortedSet<Integer> checkpointSteps,
            Retention retention,
            @Nullable Tokenizer tokenizer,
            int eosTokenId) {
        this.learner = learner;
        this.schedule = schedule;
        this.checkpointSteps = new TreeSet<>(checkpointSteps);
        this.checkpointSteps.add((int) schedule.steps());
        this.retention = retention;
        this.tokenizer = tokenizer;
        this.eosTokenId = eosTokenId;
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
    /// @throws NonFiniteException when loss or gradients are not finite; the last checkpoint is untouched
    public void run(RunFolder folder, MetricsSink display, Evaluation evaluation, Interrupt interrupt) {
        Optional<Checkpoint> resumed = folder.checkpoints().latest();
        resumed.ifPresent(checkpoint -> LearnerState.restore(checkpoint.folder(), learner));
        MetricsSink sink = folder.metrics(resumed).and(display);
        int steps = (int) schedule.steps();
        for (int step = resumed.map(Checkpoint::step).orElse(0L).intValue() + 1; step <= steps; step++) {
            Metrics metrics = measuredStep(step);
            boolean checkpoint = checkpointSteps.contains(step);
            sink.record(checkpoint ? evaluation.evaluate(step, learner.model(), metrics) : metrics);
            boolean stop = interrupt.requested() && step < steps;
            if (checkpoint || stop) {
                folder.save(step, target -> LearnerState.save(target, learner, tokenizer, eosTokenId));
                if (retention == Retention.LAST) {
                    folder.checkpoints().deleteBefore(step);
                }
            }
            if (stop) {
                throw new InterruptedRunException("stopped after step " + step + " of " + steps
                        + "; the same command goes on from " + folder.path());
            }
        }
    }

    private Metrics measuredStep(int step) {
        long start = System.nanoTime();
        Metrics metrics = learner.step(step, (float) schedule.learningRate(step - 1L));
        double seconds = (System.nanoTime() - start) * 1e-9;
        requireFinite(metrics, "loss", step);
        requireFinite(metrics, "grad_norm", step);
        return metrics.with("tokens_per_second", learner.rowsOfLastStep() / seconds)
                .with("gflops_per_second", learner.operationsOfLastStep() / seconds * 1e-9);
    }

    private void requireFinite(Metrics metrics, String key, int step) {
        double value = metrics.value(key).orElseThrow();
        if (!Double.isFinite(value)) {
            throw new NonFiniteException("step " + step + ": " + key + " is " + value + ", first in "
                    + learner.firstNonFinite().orElse("the objective")
                    + "; the last checkpoint before it is kept; lower the learning rate or the gradient clip");
        }
    }
}
