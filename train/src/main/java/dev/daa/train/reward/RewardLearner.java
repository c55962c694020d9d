package dev.daa.train.reward;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Parameter;
import dev.daa.compute.Parameters;
import dev.daa.compute.Tensor;
import dev.daa.model.score.Packing;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.TrainingProgram;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Trains a reward model on preference pairs with the [RewardLoss]; scores are read at the last response token. The
/// prompt of a pair is computed once for both responses. A loss of the whole batch that comes in parts takes two
/// forward passes of each: one for all scores, one for the backward pass.
public final class RewardLearner implements Learner {
    private final Model model;
    private final List<PreferencePair> pairs;
    private final EpochOrder order;
    private final RewardLoss loss;
    private final int batchSize;
    private final int microBatch;
    private final TrainingProgram program;
    private final Tensor score;
    private final @Nullable Tensor lengthScore;
    private final @Nullable UnitHeads heads;
    private final ScoredPairs scored;
    private final float[] buffer;

    /// @param model with a scalar head, and a length head where the loss has one
    /// @param order step s sees the pairs at positions `[(s − 1)·n, s·n)`, n being the pairs of a step
    /// @param capacityRows packed rows of the largest micro-batch
    public RewardLearner(
            Backend backend,
            Model model,
            List<PreferencePair> pairs,
            EpochOrder order,
            RewardLoss loss,
            Batching batching,
            int capacityRows) {
        if (loss.lengthHead().isOn() != (model.parameters().lengthHead() != null)) {
            throw new IllegalArgumentException("loss and model disagree about a length head");
        }
        loss.requireBatch(batching.batch());
        this.model = model;
        this.pairs = pairs;
        this.order = order;
        this.loss = loss;
        batchSize = batching.batch();
        microBatch = Math.min(batching.microBatch(), batchSize);
        ScoreGraph step = ScoreGraph.of(model.parameters(), batching.optimizer());
        score = step.score();
        lengthScore = step.lengthScore();
        program = new TrainingProgram(backend, step.graph(), capacity(microBatch, capacityRows), model.values());
        heads = loss.lengthHead().isOn() ? new UnitHeads(model) : null;
        scored = new ScoredPairs(batchSize);
        buffer = new float[2 * microBatch];
    }

    private record ScoreGraph(
            Graph graph, Tensor score, @Nullable Tensor lengthScore) {
        static ScoreGraph of(TransformerParameters parameters, Optimizer optimizer) {
            Graph graph = new Graph();
            Tensor hidden = Transformer.record(graph, parameters);
            Tensor score = graph.scalarHead("score", hidden, parameters.headWeight());
            Parameter lengthHead = parameters.lengthHead();
            if (lengthHead == null) {
                optimizer.appendTo(graph, parameters.trainedLayout(), score);
                return new ScoreGraph(graph, score, null);
            }
            Tensor lengthScore = graph.scalarHead("lengthScore", hidden, lengthHead);
            optimizer.appendTo(graph, parameters.trainedLayout(), score, lengthScore);
            return new ScoreGraph(graph, score, lengthScore);
        }
    }

    private static Capacity capacity(int microBatch, int capacityRows) {
        return Capacity.training(capacityRows, 3 * microBatch, 0, 2 * microBatch);
    }

    /// Memory that a learner will take.
    public static MemoryPlan plan(
            Backend backend, TransformerParameters parameters, int microBatch, int capacityRows, Optimizer optimizer) {
        return backend.plan(ScoreGraph.of(parameters, optimizer).graph(), capacity(microBatch, capacityRows));
    }

    @Override
    public Metrics step(int step, float learningRate) {
        long first = (step - 1L) * batchSize;
        boolean whole = loss.needsWholeBatch();
        double cosine = heads == null ? 0 : heads.cosine();
        double lossSum = loss.lengthHead().orthogonality() * Math.abs(cosine);
        program.begin();
        if (whole) {
            for (int from = 0; from < batchSize; from += microBatch) {
                score(first, from);
            }
            lossSum += loss.of(scored, 0, batchSize);
        }
        for (int from = 0; from < batchSize; from += microBatch) {
            if (!whole || microBatch < batchSize) {
                score(first, from);
            }
            if (!whole) {
                lossSum += loss.of(scored, from, count(from));
            }
            if (!Double.isFinite(lossSum)) {
                return Metrics.notFinite(step, lossSum);
            }
            write(score, scored.dScore(), from);
            if (lengthScore != null) {
                write(lengthScore, scored.dLengthScore(), from);
            }
            program.backward();
        }
        Metrics metrics = Metrics.at(step)
                .with("loss", lossSum)
                .with("grad_norm", update(step, learningRate))
                .with("learning_rate", learningRate);
        measure(metrics);
        return heads == null
                ? metrics
                : metrics.with("length_head/score_correlation", correlation(scored.score()))
                        .with("length_head/correlation", correlation(scored.lengthScore()))
                        .with("length_head/cosine", cosine);
    }

    private float update(int step, float learningRate) {
        if (heads == null) {
            return program.update(learningRate, step);
        }
        heads.constrain(program.gradients(), loss.lengthHead().orthogonality());
        float norm = program.update(learningRate, step);
        heads.normalize();
        return norm;
    }

    private int count(int from) {
        return Math.min(microBatch, batchSize - from);
    }

    /// Scores the pairs from one of the batch on, a micro-batch.
    private void score(long first, int from) {
        Packing packing = program.emptied();
        for (int i = from; i < from + count(from); i++) {
            PreferencePair pair = pairs.get(order.at(first + i));
            packing.addJudged(pair.prompt(), pair.chosen());
            packing.addJudged(pair.prompt(), pair.rejected());
            scored.length()[2 * i] = pair.chosen().length;
            scored.length()[2 * i + 1] = pair.rejected().length;
        }
        program.forward();
        read(score, scored.score(), from);
        if (lengthScore != null) {
            read(lengthScore, scored.lengthScore(), from);
        }
    }

    private void read(Tensor output, double[] into, int from) {
        program.read(output, buffer);
        for (int i = 0; i < 2 * count(from); i++) {
            into[2 * from + i] = buffer[i];
        }
    }

    private void write(Tensor output, double[] derivatives, int from) {
        for (int i = 0; i < 2 * count(from); i++) {
            buffer[i] = (float) derivatives[2 * from + i];
        }
        program.write(output, buffer);
    }

    /// Of the batch as it was scored.
    private void measure(Metrics metrics) {
        double chosenSum = 0;
        double rejectedSum = 0;
        double correct = 0;
        for (int i = 0; i < 2 * batchSize; i += 2) {
            double chosen = scored.score()[i];
            double rejected = scored.score()[i + 1];
            chosenSum += chosen;
            rejectedSum += rejected;
            correct += chosen > rejected ? 1 : chosen == rejected ? 0.5 : 0;
        }
        metrics.with("rewards/chosen", chosenSum / batchSize)
                .with("rewards/rejected", rejectedSum / batchSize)
                .with("rewards/margins", (chosenSum - rejectedSum) / batchSize)
                .with("rewards/accuracies", correct / batchSize);
    }

    /// With length, the mean of chosen and rejected responses'.
    private double correlation(double[] scores) {
        return (RewardLoss.correlation(scored, scores, 0).value()
                        + RewardLoss.correlation(scored, scores, 1).value())
                / 2;
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        if (heads == null) {
            return program.optimizerState();
        }
        Map<String, Parameters> state = new LinkedHashMap<>(program.optimizerState());
        state.putAll(heads.state());
        return state;
    }

    @Override
    public Work workOfLastStep() {
        return program.work();
    }

    @Override
    public Optional<String> firstNonFinite() {
        return program.firstNonFinite();
    }

    @Override
    public void close() {
        program.close();
    }
}
