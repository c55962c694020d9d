package dev.daa.train.model;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Flops;
import dev.daa.compute.Graph;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.score.Packing;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The compiled graph of a step with the batch that it computes. For each micro-batch: fill [#emptied], [#forward],
/// [#read] outputs, [#write] the loss's derivatives, [#backward]; behind the last one, [#update].
public final class TrainingProgram implements AutoCloseable {
    private final Graph graph;
    private final Program program;
    private final Batch batch;
    private final Packing packing;
    private long rows;
    private double operations;

    /// @param graph that an optimizer was appended to
    /// @param capacity of the largest micro-batch
    /// @param values of all parameters that the graph names
    public TrainingProgram(Backend backend, Graph graph, Capacity capacity, List<Parameters> values) {
        this(backend, graph, capacity, values, 1);
    }

    /// @param temperature divides the logits
    public TrainingProgram(
            Backend backend, Graph graph, Capacity capacity, List<Parameters> values, float temperature) {
        this.graph = graph;
        program = backend.compile(graph, capacity, values);
        batch = new Batch(capacity);
        batch.temperature = temperature;
        packing = new Packing(batch);
    }

    /// Begins to count the work of a step.
    public void begin() {
        rows = 0;
        operations = 0;
    }

    /// The batch, empty, to be filled.
    public Packing emptied() {
        packing.clear();
        return packing;
    }

    /// Targets of the batch.
    public int targets() {
        return batch.targets();
    }

    /// Runs the forward ops on the batch.
    public void forward() {
        program.forward(batch);
    }

    /// Copies the rows that the batch fills of an output to the start of `into`.
    public void read(Tensor output, float[] into) {
        program.read(output, batch, into);
    }

    /// Copies the start of `derivatives` to the rows that the batch fills of the gradient of `output`.
    public void write(Tensor output, float[] derivatives) {
        program.write(graph.gradient(output), batch, derivatives);
    }

    /// Adds this batch's share to the gradients of the parameters.
    public void backward() {
        program.backward(batch);
        rows += batch.rows();
        operations += Flops.of(graph, batch);
    }

    /// Gradients of the trained parameters so far, to which a loss of weights adds its own.
    public Parameters gradients() {
        return program.gradients();
    }

    /// Clips the gradients, updates the trained parameters and leaves the gradients 0.
    ///
    /// @param number of this update since the optimizer was fresh, from 1
    /// @return Euclidean norm of the gradients before clipping
    public float update(float learningRate, int number) {
        return program.update(learningRate, number);
    }

    /// What was computed since [#begin].
    public Work work() {
        return new Work(rows, operations);
    }

    /// Moments of the optimizer by name; updated in place.
    public Map<String, Parameters> optimizerState() {
        return program.optimizerState();
    }

    /// First tensor of the last batch that holds a value that is not finite.
    public Optional<String> firstNonFinite() {
        return program.firstNonFinite(batch);
    }

    @Override
    public void close() {
        program.close();
    }
}
