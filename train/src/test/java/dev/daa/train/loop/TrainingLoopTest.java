package dev.daa.train.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.Parameters;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.TinyModels;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Examples;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.Work;
import dev.daa.train.run.Checkpoint;
import dev.daa.train.run.Checkpoints;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.sft.SftLearner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a training loop leaves on the disk when a step or an evaluation goes wrong.
final class TrainingLoopTest {
    private static final int STEPS = 9;

    private final Backend backend = Backend.open("cpu", 1);
    private final List<Sequence> examples = TinyModels.examples(33, 5);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        backend.close();
    }

    private Learner learner() {
        return new SftLearner(
                backend,
                TinyModels.language(backend, 7),
                Examples.inOrder(examples),
                7,
                7,
                BatchCapacity.ofSequences(examples, 7),
                Optimizer.adamW(0, 1));
    }

    /// A learner whose learning rate explodes once.
    private record Exploding(Learner learner, int at, float learningRate) implements Learner {
        @Override
        public Metrics step(int step, float learningRate) {
            return learner.step(step, step == at ? this.learningRate : learningRate);
        }

        @Override
        public Model model() {
            return learner.model();
        }

        @Override
        public Map<String, Parameters> optimizerState() {
            return learner.optimizerState();
        }

        @Override
        public Work workOfLastStep() {
            return learner.workOfLastStep();
        }

        @Override
        public Optional<String> firstNonFinite() {
            return learner.firstNonFinite();
        }

        @Override
        public void close() {
            learner.close();
        }
    }

    private static void run(Learner learner, Path out, TrainingLoop.Evaluation evaluation, MetricsSink display) {
        try (learner;
                RunFolder run = RunFolder.open(out)) {
            new TrainingLoop(
                            learner,
                            new Schedule(Schedule.Shape.CONSTANT, 1e-3, 0, STEPS, 0),
                            new TreeSet<>(List.of(3, 6)),
                            TrainingLoop.Retention.LAST,
                            ModelText.endingWith(null, 0))
                    .run(run, display, evaluation, new Interrupt());
        }
    }

    private static void run(Learner learner, Path out) {
        run(learner, out, TrainingLoop.Evaluation.none(), MetricsSink.none());
    }

    private static void assertSameEnd(Path found, Path expected) {
        for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
            assertThat(found.resolve("checkpoints/step-9").resolve(file))
                    .hasSameBinaryContentAs(
                            expected.resolve("checkpoints/step-9").resolve(file));
        }
    }

    private static List<Long> checkpoints(Path out) {
        return new Checkpoints(out).list().stream().map(Checkpoint::step).toList();
    }

    @Test
    void aLossThatIsNotFiniteNamesStepAndTensorAndKeepsTheCheckpoint() {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(NonFiniteException.class)
                .isThrownBy(() -> run(new Exploding(learner(), 5, 1e30f), out))
                .withMessageMatching("step 6: loss is (NaN|Infinity), first in policy\\.\\S+ .*; checkpoint "
                        + out.resolve("checkpoints/step-3")
                        + " is kept; lower the learning rate or the gradient clip");
        assertThat(checkpoints(out)).containsExactly(3L);
        Path straight = folder.resolve("straight");
        run(learner(), straight);
        run(learner(), out);
        assertSameEnd(out, straight);
    }

    /// The loss of step 4 is that of the weights of checkpoint 3.
    @Test
    void aCheckpointWhoseWeightsGiveTheLossIsNotRecommended() {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(NonFiniteException.class)
                .isThrownBy(() -> run(new Exploding(learner(), 3, 1e30f), out))
                .withMessageMatching("step 4: loss is (NaN|Infinity), first in policy\\.\\S+ .*; there is no checkpoint"
                        + " before it, but do not go on from " + out.resolve("checkpoints/step-3")
                        + ", which may give it again; lower the learning rate or the gradient clip");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void aDistanceThatIsNotFiniteEndsTheRunBeforeItsCheckpoint(double distance) throws IOException {
        Path out = folder.resolve("out");
        TrainingLoop.Evaluation evaluation = (step, _, metrics) ->
                metrics.with("kl/exact", step == 6 ? distance : 0.5).with("kl/exact_se", Double.NaN);
        assertThatExceptionOfType(NonFiniteException.class)
                .isThrownBy(() -> run(learner(), out, evaluation, MetricsSink.none()))
                .withMessage("step 6: kl/exact is " + distance + "; checkpoint " + out.resolve("checkpoints/step-3")
                        + " is kept; lower the learning rate or the gradient clip");
        assertThat(checkpoints(out)).containsExactly(3L);
        assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(5);
    }

    /// Step 6 is evaluated and saved after its update: weights that are not finite must not replace step 3.
    @Test
    void weightsThatAreNotFiniteAreNotSaved() {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(NonFiniteException.class)
                .isThrownBy(() -> run(new Exploding(learner(), 6, Float.POSITIVE_INFINITY), out))
                .withMessageMatching("step 6: parameter \\S+ is (NaN|-?Infinity); checkpoint "
                        + out.resolve("checkpoints/step-3")
                        + " is kept; lower the learning rate or the gradient clip");
        assertThat(checkpoints(out)).containsExactly(3L);
    }

    @Test
    void anEvaluationThatIsStoppedIsMadeUpForByTheResumedRun() throws IOException {
        for (int stoppedAt : new int[] {3, 9}) {
            Path out = folder.resolve("out-" + stoppedAt);
            List<Integer> evaluated = new ArrayList<>();
            TrainingLoop.Evaluation stopping = (step, _, metrics) -> {
                if (step == stoppedAt) {
                    throw new CancellationException("generation was stopped");
                }
                return metrics.with("gold/reward", step);
            };
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> run(learner(), out, stopping, MetricsSink.none()))
                    .withMessage("stopped after step " + stoppedAt + " of 9; the same command goes on from " + out);
            assertThat(checkpoints(out)).containsExactly((long) stoppedAt);
            assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(stoppedAt - 1);
            for (int again = 0; again < 2; again++) {
                run(
                        learner(),
                        out,
                        (step, _, metrics) -> {
                            evaluated.add(step);
                            return metrics.with("gold/reward", step);
                        },
                        MetricsSink.none());
            }
            assertThat(evaluated.subList(0, stoppedAt == 3 ? 3 : 1))
                    .containsExactly(stoppedAt == 3 ? new Integer[] {3, 6, 9} : new Integer[] {9});
            List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
            assertThat(lines).hasSize(STEPS);
            for (int step = 1; step <= STEPS; step++) {
                assertThat(lines.get(step - 1)).startsWith("{\"step\":" + step + ",\"loss\":");
                assertThat(lines.get(step - 1).contains("gold/reward")).isEqualTo(step % 3 == 0);
            }
            Path straight = folder.resolve("straight-" + stoppedAt);
            run(learner(), straight);
            assertSameEnd(out, straight);
        }
    }

    /// As on a full disk.
    @Test
    void aMetricThatCannotBeWrittenLeavesTheLastCheckpoint() {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> run(learner(), out, TrainingLoop.Evaluation.none(), metrics -> {
                    if (metrics.step() == 5) {
                        throw new InputException("metrics.jsonl: the disk is full");
                    }
                }))
                .withMessage("metrics.jsonl: the disk is full");
        assertThat(checkpoints(out)).containsExactly(3L);
        Path straight = folder.resolve("straight");
        run(learner(), straight);
        run(learner(), out);
        assertSameEnd(out, straight);
    }

    /// A kill between what an evaluation writes and the first save must not look like a run that is done.
    @Test
    void aRunHasNotReachedItsEndUntilItIsSaved() {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> run(
                        learner(),
                        out,
                        (step, _, _) -> {
                            throw new IllegalStateException("killed at step " + step);
                        },
                        MetricsSink.none()))
                .withMessage("killed at step 3");
        assertThat(new Checkpoints(out).reached(3)).isFalse();
        run(learner(), out);
        assertThat(new Checkpoints(out).reached(STEPS)).isTrue();
    }
}
