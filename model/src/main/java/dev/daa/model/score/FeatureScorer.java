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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/// Last-layer features of responses: the vector at the last response token that a scalar head is multiplied with.
public final class FeatureScorer implements AutoCloseable {
    private final Program program;
    private final Batch batch;
    private final Packing packing;
    private final Tensor output;
    private final int width;
    private final float[] buffer;

    /// @param longest tokens of the longest sequence, prompt included
    /// @param rows packed tokens per forward pass, at least `longest`
    public FeatureScorer(Backend backend, Model model, int longest, int rows) {
        Graph graph = new Graph();
        output = record(graph, model.parameters());
        width = output.width();
        Capacity capacity = capacity(longest, rows);
        program = backend.compile(graph, capacity, model.values());
        batch = new Batch(capacity);
        packing = new Packing(batch);
        buffer = new float[capacity.targets() * width];
    }

    private static Tensor record(Graph graph, TransformerParameters parameters) {
        return graph.gather("feature", Transformer.record(graph, parameters));
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

    /// Numbers in a feature.
    public int width() {
        return width;
    }

    /// One feature per sequence; stops with a [CancellationException] between two batches once `cancelled` says so.
    ///
    /// @return [sequences][width]
    public float[][] score(List<Sequence> sequences, BooleanSupplier cancelled) {
        float[][] features = new float[sequences.size()][];
        int next = 0;
        while (next < sequences.size()) {
            int first = next;
            next = packing.fill(sequences, first, cancelled, packing::addRead);
            program.forward(batch);
            program.read(output, batch, buffer);
            for (int i = first; i < next; i++) {
                features[i] = Arrays.copyOfRange(buffer, (i - first) * width, (i - first + 1) * width);
            }
        }
        return features;
    }

    @Override
    public void close() {
        program.close();
    }
}
