package dev.daa.compute.cpu;

import dev.daa.compute.Access;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.kernel.Buffers;
import dev.daa.compute.cpu.kernel.CpuParameters;
import dev.daa.compute.cpu.kernel.Kernel;
import dev.daa.compute.cpu.kernel.Kernels;
import dev.daa.compute.cpu.kernel.OptimizerKernel;
import dev.daa.compute.cpu.parallel.Workers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A graph whose ops have become kernels on fixed arrays.
final class CpuProgram implements Program {
    private final Graph graph;
    private final Capacity capacity;
    private final Buffers buffers;
    private final Kernel[] forward;
    private final Kernel[] backward;
    private final List<LayoutUpdate> updates = new ArrayList<>();
    private final Map<String, Parameters> optimizerState = new LinkedHashMap<>();

    private final @Nullable KernelTimes times;

    /// @param times where each kernel's time is added up; null to leave that out
    CpuProgram(
            Graph graph, Capacity capacity, List<Parameters> parameters, Workers workers, @Nullable KernelTimes times) {
        this.graph = graph;
        this.times = times;
        this.capacity = capacity;
        buffers = new Buffers(graph, capacity, parameters, workers);
        Kernels kernels = new Kernels(buffers, graph.decodes());
        forward = prepare(graph.forward(), kernels);
        backward = prepare(graph.backward(), kernels);
        prepareUpdates();
    }

    private Kernel[] prepare(List<? extends Op> ops, Kernels kernels) {
        return ops.stream()
                .map(op -> times == null ? kernels.prepare(op) : times.of(op, kernels.prepare(op)))
                .toArray(Kernel[]::new);
    }

    @Override
    public void forward(Batch batch) {
        batch.requireFits(capacity);
        buffers.groups().assign(batch);
        for (Kernel kernel : forward) {
            kernel.run(batch);
        }
    }

    @Override
    public void backward(Batch batch) {
        if (backward.length == 0) {
            throw new IllegalStateException("the graph has no backward pass");
        }
        for (Kernel kernel : backward) {
            kernel.run(batch);
        }
    }

    @Override
    public float update(float learningRate, int step) {
        if (updates.isEmpty()) {
            throw new IllegalStateException("the graph has no optimizer");
        }
        float norm = 0;
        long begin = System.nanoTime();
        for (LayoutUpdate update : updates) {
            norm = (float) Math.hypot(norm, update.run(learningRate, step));
        }
        if (times != null) {
            times.add("update", System.nanoTime() - begin);
        }
        return norm;
    }

    @Override
    public void read(Tensor tensor, Batch batch, float[] into) {
        System.arraycopy(visible(tensor), 0, into, 0, tensor.rows(batch) * tensor.width());
    }

    @Override
    public void write(Tensor tensor, Batch batch, float[] from) {
        System.arraycopy(from, 0, visible(tensor), 0, tensor.rows(batch) * tensor.width());
    }

    @Override
    public Parameters gradients() {
        List<ParameterLayout> trained = MemoryPlan.trainedLayouts(graph);
        if (trained.isEmpty()) {
            throw new IllegalStateException("the graph has no backward pass");
        }
        return buffers.gradients(trained.getFirst().name());
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        return Collections.unmodifiableMap(optimizerState);
    }

    @Override
    public Optional<String> firstNonFinite(Batch batch) {
        for (ParameterLayout layout : graph.layouts()) {
            Optional<String> parameter = firstNonFinite("parameter", buffers.parameters(layout.name()));
            if (parameter.isPresent()) {
                return parameter;
            }
        }
        buffers.groups().assign(batch);
        return firstNonFinite(graph.forward(), forward, batch)
                .or(() -> firstNonFinite(graph.backward(), backward, batch))
                .or(() -> MemoryPlan.trainedLayouts(graph).stream()
                        .flatMap(layout ->
                                firstNonFinite("gradient of parameter", buffers.gradients(layout.name())).stream())
                        .findFirst());
    }

    private static Optional<String> firstNonFinite(String what, CpuParameters values) {
        return values.layout().parameters().stream()
                .filter(parameter -> !isFinite(values.values(parameter), parameter.offset(), parameter.size()))
                .findFirst()
                .map(parameter -> what + " " + parameter.layout() + "/" + parameter.name());
    }

    /// Runs the ops once more, one by one, and looks at what each of them has written.
    private Optional<String> firstNonFinite(List<? extends Op> ops, Kernel[] kernels, Batch batch) {
        for (int i = 0; i < kernels.length; i++) {
            Access access = Access.of(ops.get(i));
            for (Tensor tensor : access.reads()) {
                if (!isFinite(buffers.of(tensor), 0, tensor.rows(batch) * tensor.width())) {
                    return Optional.of(tensor.toString());
                }
            }
            kernels[i].run(batch);
            for (Tensor tensor : access.writes()) {
                if (!isFinite(buffers.of(tensor), 0, tensor.rows(batch) * tensor.width())) {
                    return Optional.of(tensor.toString());
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {}

    private float[] visible(Tensor tensor) {
        if (!buffers.plan().kept(tensor)) {
            throw new IllegalArgumentException(
                    tensor + " shares its memory with other tensors of the step; only results,"
                            + " inputs and their derivatives can be read and written");
        }
        return buffers.of(tensor);
    }

    private void prepareUpdates() {
        float maximumNorm = 0;
        for (Op.Update op : graph.update()) {
            switch (op) {
                case Op.ClipGradient clip -> maximumNorm = clip.maximumNorm();
                case Op.AdamW adam -> {
                    float[][] first = moment("m", adam.layout());
                    float[][] second = moment("v", adam.layout());
                    addUpdate(
                            adam.layout(),
                            maximumNorm,
                            (array, weights, gradients) -> new OptimizerKernel.AdamW(
                                    adam, buffers.workers(), weights, gradients, first[array], second[array]));
                }
                case Op.RmsProp rmsProp -> {
                    float[][] second = moment("v", rmsProp.layout());
                    addUpdate(
                            rmsProp.layout(),
                            maximumNorm,
                            (array, weights, gradients) -> new OptimizerKernel.RmsProp(
                                    rmsProp, buffers.workers(), weights, gradients, second[array]));
                }
            }
        }
    }

    /// Prepares the update of one of a layout's arrays.
    private interface UpdateOfArray {
        OptimizerKernel.Update of(int array, float[] weights, float[] gradients);
    }

    private void addUpdate(ParameterLayout layout, float maximumNorm, UpdateOfArray update) {
        CpuParameters weights = buffers.parameters(layout.name());
        CpuParameters gradients = buffers.gradients(layout.name());
        updates.add(new LayoutUpdate(
                weights,
                new OptimizerKernel.Norm(buffers.workers(), gradients),
                maximumNorm,
                IntStream.range(0, weights.values().length)
                        .mapToObj(array -> update.of(
                                array, weights.values()[array], gradients.values()[array]))
                        .toList()));
    }

    /// The optimizer's state of one layout is known by the moment's name alone, of further layouts with the
    /// layout's name.
    private float[][] moment(String name, ParameterLayout layout) {
        CpuParameters state = new CpuParameters(layout);
        optimizerState.put(optimizerState.containsKey(name) ? layout.name() + "." + name : name, state);
        return state.values();
    }

    private static boolean isFinite(float[] values, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    /// Clips the gradients of one layout, then updates it.
    private record LayoutUpdate(
            CpuParameters weights, OptimizerKernel.Norm norm, float maximumNorm, List<OptimizerKernel.Update> updates) {
        float run(float learningRate, int step) {
            float measured = norm.measure();
            if (!Float.isFinite(measured)) {
                return measured;
            }
            float scale = maximumNorm > 0 ? Math.min(1, maximumNorm / (measured + 1e-6f)) : 1;
            for (OptimizerKernel.Update update : updates) {
                update.run(learningRate, step, scale);
            }
            weights.changed();
            return measured;
        }
    }
}
