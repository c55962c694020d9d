package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Runs one graph on a backend and on the [Oracle] with the same random parameters and inputs, and compares every
/// output, and every derivative with central differences of the oracle.
public final class GraphCheck {
    private static final double STEP = 1e-5;
    private static final float GUARD = -12345.5f;

    private final Backend backend;
    private final Graph graph;
    private final Capacity capacity;
    private final Batch batch;
    private final SplittableRandom random;
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<Tensor> outputs = new ArrayList<>();
    private double tolerance = 1e-5;
    private double scale = 1;
    private double magnitude = 1e-3;
    private int coordinates = 12;
    private Terms terms = Terms.STRICT;

    public GraphCheck(Backend backend, Graph graph, Capacity capacity, Batch batch, long seed) {
        this.backend = backend;
        this.graph = graph;
        this.capacity = capacity;
        this.batch = batch;
        this.random = new SplittableRandom(seed);
    }

    /// A tensor that no op writes: it gets random values.
    public static Tensor input(Graph graph, String name, Tensor.Extent extent, int width) {
        return graph.tensor(name, extent, width);
    }

    public GraphCheck inputs(Tensor... tensors) {
        inputs.addAll(List.of(tensors));
        return this;
    }

    public GraphCheck outputs(Tensor... tensors) {
        outputs.addAll(List.of(tensors));
        return this;
    }

    /// Allowed error relative to the largest value of the compared tensor.
    public GraphCheck tolerance(double relative) {
        tolerance = relative;
        return this;
    }

    /// What errors are relative to where all values are smaller.
    public GraphCheck magnitude(double least) {
        magnitude = least;
        return this;
    }

    /// Standard deviation of the random inputs and parameters.
    public GraphCheck scale(double deviation) {
        scale = deviation;
        return this;
    }

    /// What a backend is held to.
    ///
    /// @param guarded whether memory behind the batch's rows must stay as it is; a backend whose steps always have
    ///   as many rows as their program can take writes there
    /// @param normalizedError 0 to compare single values with the oracle; else the largest `Σ(found − expected)² /
    /// Σ expected²` of any result, gradient or derivative, the CPU backend's being expected
    /// @param contracts whether the device's compiler rounds `a·b − c` once, so that equal products may not cancel
    public record Terms(boolean guarded, double normalizedError, boolean contracts) {
        /// What the CPU backend is held to.
        public static final Terms STRICT = new Terms(true, 0, false);
    }

    public GraphCheck on(Terms agreed) {
        terms = agreed;
        return this;
    }

    /// Values of each parameter and input whose derivative is compared.
    public GraphCheck coordinates(int count) {
        coordinates = count;
        return this;
    }

    /// Compares the forward pass, and the backward pass where the graph has one.
    public void run() {
        List<Parameters> parameters = new ArrayList<>();
        Map<String, float[]> flat = new LinkedHashMap<>();
        for (ParameterLayout layout : graph.layouts()) {
            Parameters allocated = backend.allocate(layout);
            float[] values = normal(layout.size());
            allocated.write(values);
            flat.put(layout.name(), values);
            parameters.add(allocated);
        }
        Map<Tensor, float[]> given = new HashMap<>();
        inputs.forEach(input -> given.put(input, normal(input.rows(batch) * input.width())));
        if (terms.normalizedError() > 0) {
            compareWithCpu(flat, given, parameters);
            return;
        }
        try (Program program = backend.compile(graph, capacity, parameters)) {
            guard(program);
            given.forEach((tensor, values) -> program.write(tensor, batch, values));
            program.forward(batch);
            Oracle oracle = oracle(flat, given);
            oracle.forward(graph, batch);
            for (Tensor output : outputs) {
                compare(output.toString(), read(program, output), oracle.value(output));
            }
            assertThat(program.firstNonFinite(batch)).isEmpty();
            if (!graph.backward().isEmpty()) {
                given.forEach((tensor, values) -> program.write(tensor, batch, values));
                program.forward(batch);
                compareDerivatives(program, flat, given);
            }
            if (terms.guarded()) {
                requireGuards(program);
            }
        }
    }

    private void compareWithCpu(Map<String, float[]> flat, Map<Tensor, float[]> given, List<Parameters> parameters) {
        Map<Tensor, float[]> directions = new LinkedHashMap<>();
        outputs.forEach(output -> directions.put(output, normal(output.rows(batch) * output.width())));
        Map<String, float[]> found;
        try (Program program = backend.compile(graph, capacity, parameters)) {
            found = everything(program, given, directions);
        }
        try (Backend cpu = Backend.open("cpu", 1)) {
            List<Parameters> copies = new ArrayList<>();
            for (ParameterLayout layout : graph.layouts()) {
                Parameters copy = cpu.allocate(layout);
                copy.write(java.util.Objects.requireNonNull(flat.get(layout.name())));
                copies.add(copy);
            }
            try (Program program = cpu.compile(graph, capacity, copies)) {
                everything(program, given, directions)
                        .forEach((what, expected) ->
                                requireSmallError(what, java.util.Objects.requireNonNull(found.get(what)), expected));
            }
        }
    }

    /// Results, gradients of all parameters and derivatives of all inputs, by name.
    private Map<String, float[]> everything(
            Program program, Map<Tensor, float[]> given, Map<Tensor, float[]> directions) {
        Map<String, float[]> all = new LinkedHashMap<>();
        given.forEach((tensor, values) -> program.write(tensor, batch, values));
        program.forward(batch);
        outputs.forEach(output -> all.put(output.toString(), read(program, output)));
        if (!graph.backward().isEmpty()) {
            directions.forEach((output, values) -> program.write(graph.gradient(output), batch, values));
            program.backward(batch);
            for (Input input : derivatives()) {
                all.put(input.derivative().toString(), read(program, input.derivative()));
            }
        }
        if (!MemoryPlan.trainedLayouts(graph).isEmpty()) {
            float[] gradients = new float[program.gradients().layout().size()];
            program.gradients().read(gradients);
            for (Parameter parameter : program.gradients().layout().parameters()) {
                all.put(
                        "gradient of " + parameter.name(),
                        java.util.Arrays.copyOfRange(
                                gradients, parameter.offset(), parameter.offset() + parameter.size()));
            }
        }
        return all;
    }

    /// An input, and the tensor that gets the derivative with respect to it.
    private record Input(Tensor tensor, Tensor derivative) {}

    private List<Input> derivatives() {
        return inputs.stream()
                .map(input -> new Input(
                        input,
                        graph.tensors().stream()
                                .filter(tensor -> tensor.name().equals("d." + input.name()))
                                .findFirst()
                                .orElseThrow()))
                .toList();
    }

    private void requireSmallError(String what, float[] found, float[] expected) {
        double error = 0;
        double scale = expected.length * magnitude * magnitude;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow((double) found[i] - expected[i], 2);
            scale += (double) expected[i] * expected[i];
        }
        assertThat(error / scale)
                .as("normalised squared error of %s", what)
                .isLessThanOrEqualTo(terms.normalizedError());
    }

    /// Fills results and inputs up to the program's capacity with a value that the batch must not touch behind its
    /// rows.
    private void guard(Program program) {
        Batch full = full();
        for (Tensor tensor : visible()) {
            float[] guards = new float[tensor.rows(full) * tensor.width()];
            java.util.Arrays.fill(guards, GUARD);
            program.write(tensor, full, guards);
        }
    }

    private void requireGuards(Program program) {
        Batch full = full();
        for (Tensor tensor : visible()) {
            float[] found = new float[tensor.rows(full) * tensor.width()];
            program.read(tensor, full, found);
            for (int i = tensor.rows(batch) * tensor.width(); i < found.length; i++) {
                assertThat(found[i])
                        .as("%s value %d behind the batch", tensor, i)
                        .isEqualTo(GUARD);
            }
        }
    }

    private List<Tensor> visible() {
        List<Tensor> tensors = new ArrayList<>(inputs);
        tensors.addAll(outputs);
        if (!graph.backward().isEmpty()) {
            outputs.forEach(output -> tensors.add(graph.gradient(output)));
        }
        return tensors;
    }

    /// A batch of as many rows, targets and scores as the program can take.
    private Batch full() {
        Batch full = new Batch(capacity);
        if (capacity.segments() > 0) {
            full.addSegment(new int[capacity.rows()], 0, capacity.rows(), -1);
        }
        for (int target = 0; target < capacity.targets(); target++) {
            full.addTarget(0, 0);
        }
        for (int score = 0; score < capacity.scores(); score++) {
            full.addScore(0);
        }
        return full;
    }

    private void compareDerivatives(Program program, Map<String, float[]> flat, Map<Tensor, float[]> given) {
        Map<Tensor, float[]> directions = new LinkedHashMap<>();
        for (Tensor output : outputs) {
            float[] direction = normal(output.rows(batch) * output.width());
            directions.put(output, direction);
            program.write(graph.gradient(output), batch, direction);
        }
        List<ParameterLayout> trained = MemoryPlan.trainedLayouts(graph);
        // The look for values that are not finite has already added to the gradients.
        trained.forEach(layout -> program.gradients().write(new float[layout.size()]));
        program.backward(batch);
        for (ParameterLayout layout : trained) {
            float[] found = new float[layout.size()];
            program.gradients().read(found);
            float[] values = java.util.Objects.requireNonNull(flat.get(layout.name()));
            for (Parameter parameter : layout.parameters()) {
                compareSlopes(
                        "gradient of " + parameter.name(),
                        found,
                        parameter.offset(),
                        parameter.size(),
                        values,
                        () -> loss(flat, given, directions));
            }
        }
        for (Input input : derivatives()) {
            float[] found = read(program, input.derivative());
            compareSlopes(
                    input.derivative().toString(),
                    found,
                    0,
                    found.length,
                    java.util.Objects.requireNonNull(given.get(input.tensor())),
                    () -> loss(flat, given, directions));
        }
    }

    /// One loss of the oracle at perturbed values.
    private interface Loss {
        double value();
    }

    private int perturbed = -1;
    private double perturbation;
    private float[] perturbedArray = {};

    private void compareSlopes(String what, float[] found, int offset, int size, float[] values, Loss loss) {
        double largest = magnitude;
        for (int i = offset; i < offset + size; i++) {
            assertThat(found[i]).as(what).isFinite();
            largest = Math.max(largest, Math.abs(found[i]));
        }
        perturbedArray = values;
        for (int n = 0; n < Math.min(coordinates, size); n++) {
            int at = offset + (size <= coordinates ? n : random.nextInt(size));
            perturbed = at;
            perturbation = STEP;
            double up = loss.value();
            perturbation = -STEP;
            double down = loss.value();
            double slope = (up - down) / (2 * STEP);
            assertThat((double) found[at])
                    .as("%s at %d, largest %g", what, at - offset, largest)
                    .isCloseTo(slope, org.assertj.core.data.Offset.offset(10 * tolerance * largest + 1e-8));
        }
        perturbed = -1;
    }

    private double loss(Map<String, float[]> flat, Map<Tensor, float[]> given, Map<Tensor, float[]> directions) {
        Oracle oracle = oracle(flat, given);
        oracle.forward(graph, batch);
        double loss = 0;
        for (Map.Entry<Tensor, float[]> entry : directions.entrySet()) {
            double[] value = oracle.value(entry.getKey());
            for (int i = 0; i < value.length; i++) {
                loss += value[i] * entry.getValue()[i];
            }
        }
        return loss;
    }

    private Oracle oracle(Map<String, float[]> flat, Map<Tensor, float[]> given) {
        Oracle oracle = new Oracle();
        flat.forEach((name, values) -> oracle.parameters(name, widened(values)));
        given.forEach((tensor, values) -> oracle.input(tensor, widened(values)));
        return oracle;
    }

    private double[] widened(float[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = values[i];
        }
        if (perturbed >= 0 && values == perturbedArray) {
            result[perturbed] += perturbation;
        }
        return result;
    }

    private float[] read(Program program, Tensor tensor) {
        float[] into = new float[tensor.rows(batch) * tensor.width()];
        program.read(tensor, batch, into);
        return into;
    }

    private void compare(String what, float[] found, double[] expected) {
        assertThat(found).as(what).hasSize(expected.length);
        double largest = magnitude;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i])
                    .as("%s value %d of %d, largest %g", what, i, found.length, largest)
                    .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(tolerance * largest));
        }
    }

    private float[] normal(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return values;
    }
}
