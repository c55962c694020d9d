package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.Feedback;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.Work;
import dev.daa.train.objective.Objective;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.run.Metrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Direct alignment (DPO 2305.18290 and its family) on a fixed set of preference pairs, or of responses that were
/// judged alone.
public final class AlignLearner implements Learner {
    private final Model model;
    private final List<? extends Feedback> pairs;
    private final EpochOrder order;
    private final ReferenceLogProbs reference;
    private final @Nullable MovingReference moving;
    private final int batchSize;
    private final PairUpdater updater;

    /// @param order step s sees the pairs at positions `[(s − 1)·b, s·b)`, b being the pairs of a step
    /// @param reference of `pairs`, made for this objective; closed with the learner
    /// @param beta factor of the implicit reward `β·(log π − log π_ref)` in the metrics
    /// @param largest micro-batch
    public AlignLearner(
            Backend backend,
            Model model,
            List<? extends Feedback> pairs,
            EpochOrder order,
            AlignReference reference,
            Objective objective,
            double beta,
            Batching batching,
            BatchCapacity largest) {
        moving = reference.moving();
        if (objective.referenceUpdate().isPresent() != (moving != null)) {
            throw new IllegalArgumentException(
                    "objective " + objective.name() + " and a moving reference: one of them");
        }
        this.model = model;
        this.pairs = pairs;
        this.order = order;
        this.reference = reference.logProbs();
        batchSize = batching.batch();
        updater = new PairUpdater(backend, model, reference.model(), objective, beta, batching, largest, 1);
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
        long first = (step - 1L) * batchSize;
        Metrics metrics = updater.update(step, step, learningRate, (from, count) -> pairsAt(first + from, count));
        if (moving != null && Double.isFinite(metrics.value("loss").orElseThrow())) {
            moving.afterStep(step, model);
        }
        return metrics;
    }

    private List<PairUpdater.Referenced> pairsAt(long position, int count) {
        int[] rows = IntStream.range(0, count).map(i -> order.at(position + i)).toArray();
        if (moving != null) {
            return moving.score(
                    IntStream.of(rows).<Feedback>mapToObj(pairs::get).toList());
        }
        List<PairUpdater.Referenced> chosen = new ArrayList<>();
        for (int row : rows) {
            chosen.add(new PairUpdater.Referenced(
                    pairs.get(row), reference.chosen()[row], reference.rejected()[row]));
        }
        return chosen;
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> state = new LinkedHashMap<>(updater.optimizerState());
        if (moving != null) {
            state.put("reference", moving.weights());
        }
        return state;
    }

    @Override
    public double[] objectiveState() {
        return updater.objectiveState();
    }

    @Override
    public Work workOfLastStep() {
        return updater.work();
    }

    @Override
    public Optional<String> firstNonFinite() {
        return updater.firstNonFinite();
    }

    @Override
    public void close() {
        updater.close();
        if (moving != null) {
            moving.close();
        }
    }
}
