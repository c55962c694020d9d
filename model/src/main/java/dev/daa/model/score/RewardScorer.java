package dev.daa.model.score;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/// Scores of responses under a reward model, read at the last response token.
public final class RewardScorer implements AutoCloseable {
    private final Program program;
    private final Batch batch;
    private final Packing packing;
    private final Tensor output;
    private final float[] buffer;

    /// @param model with a scalar head
    /// @param longest tokens of the longest sequence, prompt included
    /// @param rows packed tokens per forward pass, at least `longest`
    public RewardScorer(Backend backend, Model model, int longest, int rows) {
        Graph graph = new Graph();
        output = record(graph, model.parameters());
        Capacity capacity = capacity(longest, rows);
        program = backend.compile(graph, capacity, model.values());
        batch = new Batch(capacity);
        packing = new Packing(batch);
        buffer = new float[capacity.scores()];
    }

    private static Tensor record(Graph graph, TransformerParameters parameters) {
        return graph.scalarHead("score", Transformer.record(graph, parameters), parameters.headWeight());
    }

    private static Capacity capacity(int longest, int rows) {
        int capacityRows = Math.max(longest, rows);
        return Capacity.training(capacityRows, capacityRows + 1, 0, capacityRows);
    }

    /// Memory that a scorer will take.
    public static MemoryPlan plan(Backend backend, TransformerParameters parameters, int longest, int rows) {
        Graph graph = new Graph();
        record(graph, parameters);
        return backend.plan(graph, capacity(longest, rows));
    }

    /// One score per sequence.
    public float[] score(List<Sequence> sequences) {
        return score(sequences, () -> false);
    }

    /// As above; stops with a [CancellationException] between two batches once `cancelled` says so.
    public float[] score(List<Sequence> sequences, BooleanSupplier cancelled) {
        float[] scores = new float[sequences.size()];
        int next = 0;
        while (next < sequences.size()) {
            int first = next;
            next = packing.fill(sequences, first, cancelled, packing::addJudged);
            program.forward(batch);
            program.read(output, batch, buffer);
            System.arraycopy(buffer, 0, scores, first, next - first);
        }
        return scores;
    }

    @Override
    public void close() {
        program.close();
    }
}
