package dev.daa.train.reward;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Trains a reward model on preference pairs with the [BradleyTerry] loss; scores are read at the last response
/// token. The loss is the mean over pairs. The prompt of a pair is computed once for both responses.
public final class RewardLearner implements Learner {
    private final Model model;
    private final List<PreferencePair> pairs;
    private final EpochOrder order;
    private final BradleyTerry loss;
    private final int batchSize;
    private final int microBatch;
    private final TrainingProgram program;
    private final Tensor score;
    private final float[] scores;
    private final float[] derivatives;

    /// @param model with a scalar head
    /// @param order step s sees the pairs at positions `[(s − 1)·n, s·n)`, n being the pairs of a step
    /// @param capacityRows packed rows of the largest micro-batch
    public RewardLearner(
            Backend backend,
            Model model,
            List<PreferencePair> pairs,
            EpochOrder order,
            BradleyTerry loss,
            Batching batching,
            int capacityRows) {
        this.model = model;
        this.pairs = pairs;
        this.order = order;
        this.loss = loss;
        batchSize = batching.batch();
        microBatch = Math.min(batching.microBatch(), batchSize);
        ScoreGraph step = ScoreGraph.of(model.parameters(), batching.optimizer());
        score = step.score();
        program = new TrainingProgram(backend, step.graph(), capacity(microBatch, capacityRows), model.values());
        scores = new float[2 * microBatch];
        derivatives = new float[2 * microBatch];
    }

    private record ScoreGraph(Graph graph, Tensor score) {
        static ScoreGraph of(TransformerParameters parameters, Optimizer optimizer) {
            Graph graph = new Graph();
            Tensor score = graph.scalarHead("score", Transformer.record(graph, parameters), parameters.headWeight());
            optimizer.appendTo(graph, parameters.trainedLayout(), score);
            return new ScoreGraph(graph, score);
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
        double lossSum = 0;
        double chosenSum = 0;
        double rejectedSum = 0;
        double correct = 0;
        program.begin();
        for (int from = 0; from < batchSize; from += microBatch) {
            int count = Math.min(microBatch, batchSize - from);
            Packing packing = program.emptied();
            for (int i = 0; i < count; i++) {
                PreferencePair pair = pairs.get(order.at(first + from + i));
                packing.addJudged(pair.prompt(), pair.chosen());
                packing.addJudged(pair.prompt(), pair.rejected());
            }
            program.forward();
            program.read(score, scores);
            for (int i = 0; i < count; i++) {
                double chosen = scores[2 * i];
                double rejected = scores[2 * i + 1];
                lossSum += loss.value(chosen, rejected);
                chosenSum += chosen;
                rejectedSum += rejected;
                correct += chosen > rejected ? 1 : chosen == rejected ? 0.5 : 0;
                derivatives[2 * i] = (float) (loss.dChosen(chosen, rejected) / batchSize);
                derivatives[2 * i + 1] = (float) (loss.dRejected(chosen, rejected) / batchSize);
            }
            if (!Double.isFinite(lossSum)) {
                return Metrics.notFinite(step, lossSum / batchSize);
            }
            program.write(score, derivatives);
            program.backward();
        }
        float norm = program.update(learningRate, step);
        return Metrics.at(step)
                .with("loss", lossSum / batchSize)
                .with("grad_norm", norm)
                .with("learning_rate", learningRate)
                .with("rewards/chosen", chosenSum / batchSize)
                .with("rewards/rejected", rejectedSum / batchSize)
                .with("rewards/margins", (chosenSum - rejectedSum) / batchSize)
                .with("rewards/accuracies", correct / batchSize);
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        return program.optimizerState();
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
