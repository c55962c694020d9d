package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds where values stop being finite. On the device tensors share memory and task graphs hold many ops, so the step
/// is run once more on the CPU, op by op, with the device's parameters, inputs and derivatives of outputs. What is
/// finite there, but not on the device, is looked for in what the device keeps.
final class Diagnosis {
    private final Graph graph;
    private final Capacity capacity;
    private final TornadoProgram program;

    Diagnosis(Graph graph, Capacity capacity, TornadoProgram program) {
        this.graph = graph;
        this.capacity = capacity;
        this.program = program;
    }

    Optional<String> firstNonFinite(Batch batch) {
        return parameters().or(() -> onCpu(batch)).or(() -> kept(batch)).or(this::gradients);
    }

    private Optional<String> parameters() {
        return graph.layouts().stream()
                .flatMap(layout -> first("parameter", layout, program.parameters(layout.name())).stream())
                .findFirst();
    }

    private Optional<String> gradients() {
        return MemoryPlan.trainedLayouts(graph).stream()
                .flatMap(layout -> first("gradient of parameter", layout, program.gradients(layout.name())).stream())
                .findFirst();
    }

    private static Optional<String> first(String what, ParameterLayout layout, Parameters parameters) {
        float[][] values = parameters.copy();
        for (Parameter parameter : layout.parameters()) {
            for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
                if (!Float.isFinite(values[parameter.array()][i])) {
                    return Optional.of(what + " " + layout.name() + "/" + parameter.name());
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> onCpu(Batch batch) {
        if (graph.decodes()) {
            return Optional.empty(); // the cache is on the device
        }
        try (Backend cpu = Backend.open("cpu", Runtime.getRuntime().availableProcessors())) {
            List<Parameters> copies = new ArrayList<>();
            for (ParameterLayout layout : graph.layouts()) {
                Parameters copy = cpu.allocate(layout);
                copy.write(program.parameters(layout.name()).copy());
                copies.add(copy);
            }
            try (Program replay = cpu.compile(graph, capacity, copies)) {
                for (Tensor tensor : graph.tensors()) {
                    if (program.isVisible(tensor)) {
                        replay.write(tensor, batch, values(tensor, batch));
                    }
                }
                return replay.firstNonFinite(batch);
            }
        }
    }

    private Optional<String> kept(Batch batch) {
        for (Tensor tensor : graph.tensors()) {
            if (program.isVisible(tensor)) {
                for (float value : values(tensor, batch)) {
                    if (!Float.isFinite(value)) {
                        return Optional.of(tensor.toString());
                    }
                }
            }
        }
        return Optional.empty();
    }

    private float[] values(Tensor tensor, Batch batch) {
        float[] values = new float[tensor.rows(batch) * tensor.width()];
        program.read(tensor, batch, values);
        return values;
    }
}
