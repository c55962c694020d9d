package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Flops;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.score.Packing;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.objective.Need;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.PairLoss;
import dev.daa.train.run.LanguageGraph;
import dev.daa.train.run.Learner;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Optimizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Direct alignment (SCIENCE: DPO 2305.18290 and its family): one step reads the log-probabilities of a batch
/// of pairs, lets the objective turn them and the reference's into losses and derivatives, and carries those
/// back. The loss is the mean over pairs. The prompt of a pair is computed once for both responses.
public final class AlignLearner implements Learner {
    private final Model model;
    private final List<PreferencePair> pairs;
    private final EpochOrder order;
    private final ReferenceLogProbs reference;
    private final @Nullable MovingReference moving;
    private final Objective objective;
    private final double beta;
    private final int batchSize;
    private final int microBatch;
    private final Graph graph;
    private final Program program;
    private final Batch batch;
    private final Packing packing;
    private final Op.TokenLogProb output;
    private final Tensor dLogProb;
    private final float[] buffer;
    private final ResponseSide chosen;
    private final ResponseSide rejected;
    private final PairLoss loss = new PairLoss();
    private final double[] objectiveState;
    private long rows;
    private double operations;

    /// @param order step s sees the pairs at positions `[(s − 1)·batchSize, s·batchSize)`
    /// @param reference log-probabilities of `pairs` under the reference
    /// @param beta factor of the implicit reward `β·(log π − log π_ref)` in the metrics
    /// @param batchSize pairs per optimizer step
    /// @param microBatch pairs per forward pass
    /// @param capacityRows packed rows of the largest micro-batch
    public AlignLearner(
            Backend backend,
            Model model,
            List<PreferencePair> pairs,
            EpochOrder order,
            ReferenceLogProbs reference,
            Objective objective,
            double beta,
            int batchSize,
            int microBatch,
            int capacityRows,
            Optimizer optimizer) {
        this(
                backend,
                model,
                pairs,
                order,
                reference,
                null,
                objective,
                beta,
                batchSize,
                microBatch,
                capacityRows,
                optimizer);
    }

    /// As above, with a reference that follows the policy in place of `reference`, which it equals at the start.
    ///
    /// @param moving for objectives that move their reference, and for no others; closed with the learner
    public AlignLearner(
            Backend backend,
            Model model,
            List<PreferencePair> pairs,
            EpochOrder order,
            ReferenceLogProbs reference,
            @Nullable MovingReference moving,
            Objective objective,
            double beta,
            int batchSize,
            int microBatch,
            int capacityRows,
            Optimizer optimizer) {
        if (objective.referenceUpdate().isPresent() != (moving != null)) {
            throw new IllegalArgumentException(
                    "objective " + objective.name() + " and a moving reference: one of them");
        }
        this.moving = moving;
        this.model = model;
        this.pairs = pairs;
        this.order = order;
        this.reference = reference;
        this.objective = objective;
        this.beta = beta;
        this.batchSize = batchSize;
        this.microBatch = Math.min(microBatch, batchSize);
        objectiveState = objective.initialState();
        requireTrainable(objective, batchSize, this.microBatch);
        LanguageGraph step = LanguageGraph.of(model.parameters(), optimizer);
        graph = step.graph();
        output = step.output();
        dLogProb = step.derivative();
        Capacity capacity = capacity(this.microBatch, capacityRows);
        program = backend.compile(graph, capacity, List.of(model.weights()));
        batch = new Batch(capacity);
        packing = new Packing(batch);
        buffer = new float[capacityRows];
        chosen = new ResponseSide(this.microBatch, capacityRows);
        rejected = new ResponseSide(this.microBatch, capacityRows);
    }

    private static Capacity capacity(int microBatch, int capacityRows) {
        return Capacity.training(capacityRows, 3 * microBatch, capacityRows, 0);
    }

    /// Memory that a learner will take.
    public static MemoryPlan plan(
            TransformerParameters parameters, int microBatch, int capacityRows, Optimizer optimizer) {
        return MemoryPlan.of(LanguageGraph.of(parameters, optimizer).graph(), capacity(microBatch, capacityRows));
    }

    /// Refuses an objective that training cannot give what it needs.
    public static void requireTrainable(Objective objective, int batchSize, int microBatch) {
        for (Need need : List.of(Need.TOKEN_COLLISION, Need.FORWARD_KL, Need.MISMATCHED)) {
            if (objective.needs().contains(need)) {
                throw new InputException("objective " + objective.name() + " needs " + need.meaning()
                        + ", which training does not compute; `daa objectives --check` evaluates it on given numbers");
            }
        }
        boolean batchWide = objective.needs().contains(Need.BATCH) || objective.initialState().length > 0;
        if (batchWide && microBatch < batchSize) {
            throw new InputException(
                    "objective " + objective.name() + " needs the whole batch at once, found micro_batch " + microBatch
                            + " of batch " + batchSize + "; set micro_batch to " + batchSize);
        }
    }

    /// Refuses a moving reference that a run of so many steps would never move.
    public static void requireMoves(Objective objective, int steps) {
        objective
                .referenceUpdate()
                .filter(update -> update.everySteps() >= steps)
                .ifPresent(update -> {
                    throw new InputException("objective " + objective.name() + " moves its reference every "
                            + update.everySteps() + " steps, expected fewer than the run's " + steps
                            + ", or it never trains against a moved one; set ref_model_sync_steps");
                });
    }

    @Override
    public Metrics step(int step, float learningRate) {
        StepTotals totals = new StepTotals();
        long first = (step - 1L) * batchSize;
        rows = 0;
        operations = 0;
        for (int from = 0; from < batchSize; from += microBatch) {
            int count = Math.min(microBatch, batchSize - from);
            pack(first + from, count);
            program.forward(batch);
            program.read(output.entropy(), batch, buffer);
            totals.addEntropy(buffer, batch.targets());
            program.read(output.logProb(), batch, buffer);
            chosen.readPolicy(buffer, count);
            rejected.readPolicy(buffer, count);
            objective.loss(new PairBatch(chosen.responses(count), rejected.responses(count)), objectiveState, loss);
            totals.addPairs(loss, chosen, rejected, count);
            if (!Double.isFinite(totals.loss())) {
                return Metrics.notFinite(step, totals.loss());
            }
            int terms = batchSize * (loss.count() / count); // a unary objective has two for each pair
            chosen.writeDerivatives(buffer, loss.dChosen(), loss.dChosenToken(), objective.perToken(), count, terms);
            rejected.writeDerivatives(
                    buffer, loss.dRejected(), loss.dRejectedToken(), objective.perToken(), count, terms);
            program.write(dLogProb, batch, buffer);
            program.backward(batch);
            rows += batch.rows();
            operations += Flops.of(graph.forward(), batch) + Flops.of(graph.backward(), batch);
        }
        float norm = program.update(learningRate, step);
        if (moving != null) {
            moving.afterStep(step, model);
        }
        return totals.metrics(step, beta, norm, learningRate);
    }

    private void pack(long position, int count) {
        packing.clear();
        chosen.clear();
        rejected.clear();
        List<MovingReference.Scored> scored = reference(position, count);
        for (int i = 0; i < count; i++) {
            PreferencePair pair = pairs.get(order.at(position + i));
            chosen.add(
                    i,
                    packing.addScored(pair.prompt(), pair.chosen()),
                    scored.get(i).chosen());
            rejected.add(
                    i,
                    packing.addScored(pair.prompt(), pair.rejected()),
                    scored.get(i).rejected());
        }
    }

    private List<MovingReference.Scored> reference(long position, int count) {
        IntStream rows = IntStream.range(0, count).map(i -> order.at(position + i));
        return moving != null
                ? moving.score(rows.mapToObj(pairs::get).toList())
                : rows.mapToObj(row -> new MovingReference.Scored(
                                reference.chosen()[row], reference.rejected()[row]))
                        .toList();
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> state = new LinkedHashMap<>(program.optimizerState());
        if (moving != null) {
            state.put("reference", moving.weights());
        }
        return state;
    }

    @Override
    public double[] objectiveState() {
        return objectiveState;
    }

    @Override
    public long rowsOfLastStep() {
        return rows;
    }

    @Override
    public double operationsOfLastStep() {
        return operations;
    }

    @Override
    public Optional<String> firstNonFinite() {
        return program.firstNonFinite(batch);
    }

    @Override
    public void close() {
        program.close();
        if (moving != null) {
            moving.close();
        }
    }
}
