package dev.daa.train.ppo;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Parameters;
import dev.daa.compute.Tensor;
import dev.daa.model.score.Packing;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.TrainingProgram;
import dev.daa.train.model.Work;
import dev.daa.train.rollout.Rollout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// PPO's critic: a model of its own with a scalar head that reads, before every response token, what the rest of the
/// response will earn.
final class ValueNetwork implements AutoCloseable {
    private final Model model;
    private final ValueLoss loss;
    private final int microBatch;
    private final TrainingProgram program;
    private final Tensor value;
    private final float[] buffer;

    /// @param model with a scalar head
    /// @param microBatch responses per forward pass
    /// @param capacityRows packed rows of the largest micro-batch
    ValueNetwork(Backend backend, Model model, ValueLoss loss, int microBatch, int capacityRows, Optimizer optimizer) {
        this.model = model;
        this.loss = loss;
        this.microBatch = microBatch;
        ValueGraph step = ValueGraph.of(model.parameters(), optimizer);
        value = step.value();
        program = new TrainingProgram(backend, step.graph(), capacity(microBatch, capacityRows), model.values());
        buffer = new float[capacityRows];
    }

    private record ValueGraph(Graph graph, Tensor value) {
        static ValueGraph of(TransformerParameters parameters, Optimizer optimizer) {
            Graph graph = new Graph();
            Tensor value = graph.scalarHead("value", Transformer.record(graph, parameters), parameters.headWeight());
            optimizer.appendTo(graph, parameters.trainedLayout(), value);
            return new ValueGraph(graph, value);
        }
    }

    private static Capacity capacity(int microBatch, int capacityRows) {
        return Capacity.training(capacityRows, 2 * microBatch, 0, capacityRows);
    }

    /// Memory that it will take.
    static MemoryPlan plan(
            Backend backend, TransformerParameters parameters, int microBatch, int capacityRows, Optimizer optimizer) {
        return backend.plan(ValueGraph.of(parameters, optimizer).graph(), capacity(microBatch, capacityRows));
    }

    /// Values before every token of the responses.
    ///
    /// @param start where each response's tokens begin; one more entry than responses
    double[] values(List<Sequence> responses, int[] start) {
        double[] values = new double[start[responses.size()]];
        for (int from = 0; from < responses.size(); from += microBatch) {
            int to = Math.min(responses.size(), from + microBatch);
            Packing packing = program.emptied();
            for (Sequence response : responses.subList(from, to)) {
                packing.addValued(response.prompt(), response.response());
            }
            program.forward();
            program.read(value, buffer);
            for (int t = start[from]; t < start[to]; t++) {
                values[t] = buffer[t - start[from]];
            }
        }
        return values;
    }

    /// Accumulates the gradient of the mean loss over the tokens of some responses.
    ///
    /// @param chosen which responses
    /// @param old `[tokens]` values when the responses were sampled
    /// @param target `[tokens]` returns
    /// @return the loss
    double accumulate(Rollout rollout, int[] chosen, double[] old, double[] target) {
        long tokens = 0;
        for (int response : chosen) {
            tokens += rollout.length(response);
        }
        double sum = 0;
        for (int from = 0; from < chosen.length; from += microBatch) {
            int to = Math.min(chosen.length, from + microBatch);
            Packing packing = program.emptied();
            for (int k = from; k < to; k++) {
                Sequence response = rollout.responses().get(chosen[k]);
                packing.addValued(response.prompt(), response.response());
            }
            program.forward();
            program.read(value, buffer);
            int at = 0;
            for (int k = from; k < to; k++) {
                for (int t = rollout.start()[chosen[k]]; t < rollout.start()[chosen[k] + 1]; t++, at++) {
                    sum += loss.value(buffer[at], old[t], target[t]);
                    buffer[at] = (float) (loss.derivative(buffer[at], old[t], target[t]) / tokens);
                }
            }
            program.write(value, buffer);
            program.backward();
        }
        return sum / tokens;
    }

    /// Updates with the accumulated gradients.
    ///
    /// @return their norm
    float update(float learningRate, int number) {
        return program.update(learningRate, number);
    }

    /// What is trained and moments by name.
    Map<String, Parameters> state() {
        Map<String, Parameters> state = new LinkedHashMap<>();
        state.put("value.weights", model.trained());
        program.optimizerState().forEach((name, moment) -> state.put("value." + name, moment));
        return state;
    }

    /// Begins to count the work of a step.
    void begin() {
        program.begin();
    }

    /// What was computed since [#begin].
    Work work() {
        return program.work();
    }

    Optional<String> firstNonFinite() {
        return program.firstNonFinite();
    }

    @Override
    public void close() {
        program.close();
    }
}
