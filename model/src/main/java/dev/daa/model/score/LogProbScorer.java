package dev.daa.model.score;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.Program;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/// Log-probability of every response token under one model: what a reference cache, an evaluation and
/// `daa logprobs` read.
public final class LogProbScorer implements AutoCloseable {
    private final Program program;
    private final Batch batch;
    private final Packing packing;
    private final Op.TokenLogProb output;
    private final float[] logProb;

    /// @param longest tokens of the longest sequence, prompt included
    /// @param rows packed tokens per forward pass, at least `longest`
    /// @param temperature divides the logits
    public LogProbScorer(Backend backend, Model model, int longest, int rows, float temperature) {
        Graph graph = new Graph();
        output = record(graph, model.parameters());
        Capacity capacity = capacity(longest, rows);
        program = backend.compile(graph, capacity, model.values());
        batch = new Batch(capacity);
        batch.temperature = temperature;
        packing = new Packing(batch);
        logProb = new float[capacity.rows()];
    }

    private static Op.TokenLogProb record(Graph graph, TransformerParameters parameters) {
        return graph.tokenLogProb("logProb", Transformer.record(graph, parameters), parameters.headWeight());
    }

    private static Capacity capacity(int longest, int rows) {
        int capacityRows = Math.max(longest, rows);
        return Capacity.training(capacityRows, capacityRows + 1, capacityRows, 0);
    }

    /// Memory that a scorer will take.
    public static MemoryPlan plan(Backend backend, TransformerParameters parameters, int longest, int rows) {
        Graph graph = new Graph();
        record(graph, parameters);
        return backend.plan(graph, capacity(longest, rows));
    }

    /// Per-token log-probabilities in nats, one array per sequence, one value per scored token.
    public float[][] score(List<Sequence> sequences) {
        return score(sequences, () -> false);
    }

    /// As above; stops with a [CancellationException] between two batches once `cancelled` says so.
    public float[][] score(List<Sequence> sequences, BooleanSupplier cancelled) {
        float[][] scores = new float[sequences.size()][];
        int next = 0;
        while (next < sequences.size()) {
            int first = next;
            next = packing.fill(sequences, first, cancelled, packing::addScored);
            program.forward(batch);
            program.read(output.logProb(), batch, logProb);
            int target = 0;
            for (int i = first; i < next; i++) {
                scores[i] = new float[sequences.get(i).scoredTokens()];
                System.arraycopy(logProb, target, scores[i], 0, scores[i].length);
                target += scores[i].length;
            }
        }
        return scores;
    }

    @Override
    public void close() {
        program.close();
    }
}
