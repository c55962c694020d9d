package dev.daa.model.transformer;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameter;
import dev.daa.compute.Parameters;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A transformer with weights on a backend.
///
/// @param parameters architecture and layouts
/// @param weights values, shared by every program compiled for this model
/// @param adapter values of its adapters; null for a model without
public record Model(
        TransformerParameters parameters,
        Parameters weights,
        @Nullable Parameters adapter) {
    public Model {
        if ((parameters.adapter() == null) != (adapter == null)) {
            throw new IllegalArgumentException("parameters and values disagree about adapters");
        }
    }

    /// A model without adapters.
    public Model(TransformerParameters parameters, Parameters weights) {
        this(parameters, weights, null);
    }

    /// Reserves a model with all weights 0.
    public static Model allocate(Backend backend, TransformerParameters parameters) {
        return new Model(parameters, backend.allocate(parameters.layout()));
    }

    /// Reserves a model with the given weights.
    ///
    /// @param arrays of the layout
    public static Model of(Backend backend, TransformerParameters parameters, float[]... arrays) {
        Model model = allocate(backend, parameters);
        model.weights.write(arrays);
        return model;
    }

    /// Reserves a randomly initialised model. Its weights lie in memory once where the backend can.
    ///
    /// @throws dev.daa.compute.InputException where the backend has no room for it, before any weight is drawn
    public static Model initialize(Backend backend, TransformerParameters parameters, RandomGenerator random) {
        return new Model(parameters, backend.adopt(parameters.layout(), () -> initialWeights(parameters, random)));
    }

    /// Random weights to start from: matrices N(0, σ²) with σ = 1/√(3·width), which is GPT-2's 0.02 at its width of
    /// 768; the two maps that write to the residual stream scaled by `1/√(2·layers)`, norms 1, biases 0; a scalar
    /// head N(0, 1/(width + 1)).
    ///
    /// @return arrays of the layout
    public static float[][] initialWeights(TransformerParameters parameters, RandomGenerator random) {
        float[][] arrays = parameters.layout().zeros();
        double scale = 1 / Math.sqrt(3.0 * parameters.config().width());
        double residualScale = scale / Math.sqrt(2.0 * parameters.config().layers());
        for (Parameter parameter : parameters.layout().parameters()) {
            float[] values = arrays[parameter.array()];
            String name = parameter.name();
            double deviation;
            if (name.equals("score.weight") || name.equals(TransformerParameters.LENGTH_HEAD)) {
                deviation = 1 / Math.sqrt(parameter.columns() + 1.0);
            } else if (name.endsWith(".bias")) {
                continue;
            } else if (name.endsWith("orm.weight")) {
                java.util.Arrays.fill(values, parameter.offset(), parameter.offset() + parameter.size(), 1);
                continue;
            } else {
                deviation = name.endsWith("projection.weight") || name.endsWith("outer.weight") ? residualScale : scale;
            }
            for (int i = 0; i < parameter.size(); i++) {
                values[parameter.offset() + i] = (float) (deviation * random.nextGaussian());
            }
        }
        return arrays;
    }

    /// This model, whose weights it shares and no longer changes, with new adapters: A is uniform in ±1/√in
    /// (Kaiming with a = √5, as PEFT draws it) and B is 0, so that it computes what this model does. Scalar heads
    /// start as this model's.
    ///
    /// @param base folder of this model, as adapter files name it
    public Model adapted(Backend backend, Lora lora, String base, RandomGenerator random) {
        TransformerParameters with = parameters.adapted(lora, base);
        AdapterParameters own = Objects.requireNonNull(with.adapter());
        float[] values = new float[own.layout().size()];
        for (AdapterParameters.Pair pair : own.pairs()) {
            double bound = 1 / Math.sqrt(pair.a().columns());
            for (int i = 0; i < pair.a().size(); i++) {
                values[pair.a().offset() + i] = (float) (bound * (2 * random.nextDouble() - 1));
            }
        }
        copyHead(parameters.headWeight(), own.score(), values);
        copyHead(parameters.lengthHead(), own.length(), values);
        Parameters adapters = backend.allocate(own.layout());
        adapters.write(values);
        return new Model(with, weights, adapters);
    }

    /// Starts a head among adapters as this model's.
    private void copyHead(@Nullable Parameter from, @Nullable Parameter to, float[] values) {
        if (from != null && to != null) {
            System.arraycopy(weights.copy(from), 0, values, to.offset(), to.size());
        }
    }

    /// This model with its adapters off, on the same weights.
    ///
    /// @param name tells it apart from this one in a graph that has both
    public Model withoutAdapter(String name) {
        return new Model(parameters.withoutAdapter(name), weights);
    }

    /// This model on the same weights, with a copy of its adapters.
    ///
    /// @param name tells it apart from this one in a graph that has both
    public Model withOwnAdapter(Backend backend, String name) {
        TransformerParameters own = parameters.withOwnAdapter(name);
        Parameters copy = backend.allocate(own.trainedLayout());
        copy.write(flatTrained());
        return new Model(own, weights, copy);
    }

    /// The values that training changes.
    public Parameters trained() {
        return adapter == null ? weights : adapter;
    }

    /// Copy of the values that training changes, in their layout's order.
    public float[] flatTrained() {
        float[] values = new float[trained().layout().size()];
        trained().read(values);
        return values;
    }

    /// The values of every layout of the model, for compiling its graphs.
    public List<Parameters> values() {
        return adapter == null ? List.of(weights) : List.of(weights, adapter);
    }

    public TransformerConfig config() {
        return parameters.config();
    }

    /// All weights but the adapters', in the layout's order.
    public float[] flatWeights() {
        float[] values = new float[parameters.layout().size()];
        weights.read(values);
        return values;
    }

    /// A reward or value model that starts from this model's trunk: every parameter of the same name is copied,
    /// the scalar head is drawn N(0, 1/(width + 1)).
    public Model withScalarHead(Backend backend, String layoutName, RandomGenerator random) {
        TransformerParameters scalar = new TransformerParameters(config(), Head.SCALAR, layoutName);
        Model model = initialize(backend, scalar, random);
        model.takeFrom(this);
        return model;
    }

    /// This reward model with a second scalar head, drawn N(0, 1/(width + 1)), for training. Its weights are
    /// copies.
    public Model withLengthHead(Backend backend, RandomGenerator random) {
        TransformerParameters both = parameters.withLengthHead();
        Model model = initialize(backend, both, random);
        model.takeFrom(this);
        return model;
    }

    /// Takes the weights of every parameter that another model without adapters has under the same name.
    public void takeFrom(Model other) {
        float[][] values = weights.copy();
        float[][] others = other.weights.copy();
        for (Parameter from : other.parameters.layout().parameters()) {
            for (Parameter to : parameters.layout().parameters()) {
                if (from.name().equals(to.name())) {
                    System.arraycopy(others[from.array()], from.offset(), values[to.array()], to.offset(), from.size());
                }
            }
        }
        weights.write(values);
    }
}
