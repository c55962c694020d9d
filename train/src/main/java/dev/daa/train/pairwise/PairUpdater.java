package dev.daa.train.pairwise;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.compute.Op;
import dev.daa.compute.Parameters;
import dev.daa.compute.Tensor;
import dev.daa.model.score.Packing;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Feedback;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.TrainingProgram;
import dev.daa.train.model.Work;
import dev.daa.train.objective.Need;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.PairLoss;
import dev.daa.train.run.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Updates a policy with batches of preference pairs: reads their log-probabilities, lets the objective turn them and
/// the reference's into losses and derivatives, and carries those back. The loss is the mean over pairs, or over
/// responses where the objective takes them one by one. The prompt of a pair is computed once for both responses.
public final class PairUpdater implements AutoCloseable {
    private final Objective objective;
    private final double beta;
    private final int batchSize;
    private final int microBatch;
    private final TrainingProgram program;
    private final Op.TokenLogProb output;
    private final @Nullable Tensor forwardKl;
    private final @Nullable Tensor collision;
    private final @Nullable MismatchedResponses mismatched;
    private final float[] buffer;
    private final ResponseSide chosen;
    private final ResponseSide rejected;
    private final PairLoss loss = new PairLoss();
    private final double[] objectiveState;
    private boolean paired;

    /// A row and the log-probabilities of its responses under the reference, per token, nats.
    ///
    /// @param ofChosen what the loss adds of the chosen response's log π, beside the objective; 0 for nothing
    /// @param ofRejected the same of the rejected one's
    public record Referenced(Feedback row, float[] chosen, float[] rejected, double ofChosen, double ofRejected) {
        /// With nothing beside the objective.
        public Referenced(Feedback row, float[] chosen, float[] rejected) {
            this(row, chosen, rejected, 0, 0);
        }
    }

    /// The pairs, or responses that were judged alone, of one batch.
    @FunctionalInterface
    public interface Pairs {
        /// Those at `[from, from + count)` of the batch.
        List<Referenced> at(int from, int count);
    }

    /// @param reference the model that the pairs' reference log-probabilities come from, in a layout of another
    ///   name; null where the objective needs no more of it than those ([#needsReferenceModel])
    /// @param beta factor of the implicit reward `β·(log π − log π_ref)` in the metrics
    /// @param largest micro-batch
    /// @param temperature divides the policy's logits, as it divided the reference's
    public PairUpdater(
            Backend backend,
            Model model,
            @Nullable Model reference,
            Objective objective,
            double beta,
            Batching batching,
            BatchCapacity largest,
            float temperature) {
        this.objective = objective;
        this.beta = beta;
        batchSize = batching.batch();
        microBatch = Math.min(batching.microBatch(), batchSize);
        objectiveState = objective.initialState();
        requireTrainable(objective, batchSize, microBatch);
        PairGraph step = PairGraph.of(
                model.parameters(), reference == null ? null : reference.parameters(), objective, batching.optimizer());
        output = step.output();
        forwardKl = step.forwardKl();
        collision = step.collision();
        mismatched = objective.needs().contains(Need.MISMATCHED)
                ? new MismatchedResponses(
                        backend, model, Objects.requireNonNull(reference), largest.rows(), temperature)
                : null;
        List<Parameters> values = new ArrayList<>(model.values());
        if (forwardKl != null) {
            values.addAll(Objects.requireNonNull(reference).values());
        }
        program = new TrainingProgram(backend, step.graph(), capacity(microBatch, largest), values, temperature);
        buffer = new float[largest.targets()];
        chosen = new ResponseSide(microBatch, largest.targets(), objective.needs());
        rejected = new ResponseSide(microBatch, largest.targets(), objective.needs());
    }

    private static Capacity capacity(int microBatch, BatchCapacity largest) {
        return Capacity.training(largest.rows(), 3 * microBatch, largest.targets(), 0);
    }

    /// Memory that its steps will take: one program, and the scorers of responses to other prompts where the
    /// objective needs them.
    ///
    /// @param reference the reference's parameters, in a layout of another name
    public static JointMemory plan(
            Backend backend,
            TransformerParameters policy,
            TransformerParameters reference,
            Objective objective,
            int microBatch,
            BatchCapacity largest,
            Optimizer optimizer) {
        JointMemory memory = JointMemory.of(backend.plan(
                PairGraph.of(policy, reference, objective, optimizer).graph(), capacity(microBatch, largest)));
        return objective.needs().contains(Need.MISMATCHED)
                ? memory.add(MismatchedResponses.plan(backend, policy, reference, largest.rows()))
                : memory;
    }

    /// Whether the objective asks the reference model itself in every step.
    public static boolean needsReferenceModel(Objective objective) {
        return objective.needs().contains(Need.FORWARD_KL) || objective.needs().contains(Need.MISMATCHED);
    }

    /// Refuses an objective that needs the whole batch at once where it comes in parts.
    public static void requireTrainable(Objective objective, int batchSize, int microBatch) {
        boolean batchWide = objective.needs().contains(Need.BATCH) || objective.initialState().length > 0;
        if (batchWide && microBatch < batchSize) {
            throw new InputException(
                    "objective " + objective.name() + " needs the whole batch at once, found micro_batch " + microBatch
                            + " of batch " + batchSize + "; set micro_batch to " + batchSize);
        }
    }

    /// Makes one optimizer step.
    ///
    /// @param step of the run, for the metrics
    /// @param number of the update since the optimizer was fresh, from 1
    public Metrics update(int step, int number, float learningRate, Pairs pairs) {
        StepTotals totals = new StepTotals();
        program.begin();
        for (int from = 0; from < batchSize; from += microBatch) {
            int count = Math.min(microBatch, batchSize - from);
            List<Referenced> part = pairs.at(from, count);
            pack(part);
            program.forward();
            program.read(output.entropy(), buffer);
            totals.addEntropy(buffer, program.targets());
            program.read(output.logProb(), buffer);
            chosen.readPolicy(buffer);
            rejected.readPolicy(buffer);
            readMore(part);
            objective.loss(new PairBatch(chosen.responses(), rejected.responses()), objectiveState, loss);
            chosen.addLogProbs(loss.loss(), loss.dChosen());
            rejected.addLogProbs(loss.loss(), loss.dRejected());
            totals.add(loss, chosen, rejected, paired);
            if (!Double.isFinite(totals.loss())) {
                return Metrics.notFinite(step, totals.loss());
            }
            int terms = batchSize * (loss.count() / count); // a unary objective has two for each pair
            chosen.writeDerivatives(buffer, loss.dChosen(), loss.dChosenToken(), objective.perToken(), terms);
            rejected.writeDerivatives(buffer, loss.dRejected(), loss.dRejectedToken(), objective.perToken(), terms);
            program.write(output.logProb(), buffer);
            if (forwardKl != null) {
                chosen.writeForwardKlDerivatives(buffer, loss.dChosenForwardKl(), terms);
                rejected.writeForwardKlDerivatives(buffer, loss.dRejectedForwardKl(), terms);
                program.write(forwardKl, buffer);
            }
            program.backward();
        }
        float norm = program.update(learningRate, number);
        return totals.metrics(step, beta, norm, learningRate);
    }

    /// Reads what few objectives need.
    private void readMore(List<Referenced> rows) {
        if (forwardKl != null) {
            program.read(forwardKl, buffer);
            chosen.readForwardKl(buffer);
            rejected.readForwardKl(buffer);
        }
        if (collision != null) {
            program.read(collision, buffer);
            chosen.readCollision(buffer);
            rejected.readCollision(buffer);
        }
        if (mismatched != null) {
            MismatchedResponses.LogRatios ratios =
                    mismatched.of(rows.stream().map(Referenced::row).toList());
            chosen.mismatched(ratios.chosen());
            rejected.mismatched(ratios.rejected());
        }
    }

    private void pack(List<Referenced> pairs) {
        Packing packing = program.emptied();
        chosen.clear();
        rejected.clear();
        paired = pairs.stream().allMatch(pair -> pair.row() instanceof PreferencePair);
        for (Referenced referenced : pairs) {
            Feedback row = referenced.row();
            int[] better = row.chosen();
            if (better != null) {
                chosen.add(packing.addScored(row.prompt(), better), referenced.chosen(), referenced.ofChosen());
            }
            int[] worse = row.rejected();
            if (worse != null) {
                rejected.add(packing.addScored(row.prompt(), worse), referenced.rejected(), referenced.ofRejected());
            }
        }
    }

    /// Forgets moments and what the objective remembers: the next update is number 1.
    public void restart() {
        for (Parameters moment : program.optimizerState().values()) {
            moment.write(moment.layout().zeros());
        }
        System.arraycopy(objective.initialState(), 0, objectiveState, 0, objectiveState.length);
    }

    /// Moments of the optimizer by name.
    public Map<String, Parameters> optimizerState() {
        return program.optimizerState();
    }

    /// What the objective remembers between batches; updated in place.
    public double[] objectiveState() {
        return objectiveState;
    }

    /// What the last step computed.
    public Work work() {
        return program.work();
    }

    /// First tensor of the last batch that holds a value that is not finite.
    public Optional<String> firstNonFinite() {
        return program.firstNonFinite();
    }

    @Override
    public void close() {
        program.close();
        if (mismatched != null) {
            mismatched.close();
        }
    }
}
