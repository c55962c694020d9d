package dev.daa.train.sft;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.Parameters;
import dev.daa.model.score.Packing;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.LanguageGraph;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.TrainingProgram;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/// Supervised fine-tuning: minimises `−(1/N) Σ log π(y_t | x, y_<t)` over the N response tokens of the
/// batch. The mean is over the tokens of the whole batch, however many micro-batches it is computed in.
/// With empty prompts it is pre-training.
public final class SftLearner implements Learner {
    private final Model model;
    private final Examples<Sequence> examples;
    private final int batchSize;
    private final int microBatch;
    private final TrainingProgram program;
    private final Op.TokenLogProb output;
    private final float[] buffer;
    private final Sequence[] current;

    /// @param examples by position; step s sees the positions `[(s − 1)·batchSize, s·batchSize)`
    /// @param batchSize sequences per optimizer step
    /// @param microBatch sequences per forward pass
    /// @param largest micro-batch
    public SftLearner(
            Backend backend,
            Model model,
            Examples<Sequence> examples,
            int batchSize,
            int microBatch,
            BatchCapacity largest,
            Optimizer optimizer) {
        this.model = model;
        this.examples = examples;
        this.batchSize = batchSize;
        this.microBatch = Math.min(microBatch, batchSize);
        LanguageGraph step = LanguageGraph.of(model.parameters(), optimizer);
        output = step.output();
        program = new TrainingProgram(backend, step.graph(), capacity(this.microBatch, largest), model.values());
        buffer = new float[largest.targets()];
        current = new Sequence[batchSize];
    }

    private static Capacity capacity(int microBatch, BatchCapacity largest) {
        return Capacity.training(largest.rows(), 2 * microBatch, largest.targets(), 0);
    }

    /// Memory that a learner will take.
    public static MemoryPlan plan(
            Backend backend,
            TransformerParameters parameters,
            int microBatch,
            BatchCapacity largest,
            Optimizer optimizer) {
        return backend.plan(LanguageGraph.of(parameters, optimizer).graph(), capacity(microBatch, largest));
    }

    @Override
    public Metrics step(int step, float learningRate) {
        long tokens = 0;
        for (int i = 0; i < batchSize; i++) {
            current[i] = examples.at((step - 1L) * batchSize + i);
            tokens += current[i].scoredTokens();
        }
        double logProbSum = 0;
        double entropySum = 0;
        program.begin();
        for (int from = 0; from < batchSize; from += microBatch) {
            Packing packing = program.emptied();
            for (int i = from; i < Math.min(batchSize, from + microBatch); i++) {
                packing.addScored(current[i].prompt(), current[i].response());
            }
            program.forward();
            program.read(output.entropy(), buffer);
            entropySum += sum(program.targets());
            program.read(output.logProb(), buffer);
            logProbSum += sum(program.targets());
            if (!Double.isFinite(logProbSum)) {
                return Metrics.notFinite(step, -logProbSum / tokens);
            }
            Arrays.fill(buffer, 0, program.targets(), -1f / tokens);
            program.write(output.logProb(), buffer);
            program.backward();
        }
        float norm = program.update(learningRate, step);
        return Metrics.at(step)
                .with("loss", -logProbSum / tokens)
                .with("grad_norm", norm)
                .with("learning_rate", learningRate)
                .with("entropy", entropySum / tokens)
                .with("scored_tokens", tokens);
    }

    private double sum(int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += buffer[i];
        }
        return sum;
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
