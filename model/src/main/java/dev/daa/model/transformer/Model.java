package dev.daa.model.transformer;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameter;
import dev.daa.compute.Parameters;
import java.util.random.RandomGenerator;

/// A transformer with weights on a backend.
///
/// @param parameters architecture and layout
/// @param weights values, shared by every program compiled for this model
public record Model(TransformerParameters parameters, Parameters weights) {

    /// Reserves a model with all weights 0.
    public static Model allocate(Backend backend, TransformerParameters parameters) {
        return new Model(parameters, backend.allocate(parameters.layout()));
    }

    /// Reserves a model with the given weights, in the layout's order.
    public static Model of(Backend backend, TransformerParameters parameters, float[] flatWeights) {
        Model model = allocate(backend, parameters);
        model.weights.write(flatWeights);
        return model;
    }

    /// Reserves a randomly initialised model: matrices N(0, σ²) with σ = 1/√(3·width), which is GPT-2's 0.02 at its
    /// width of 768; the two maps that write to the residual stream scaled by `1/√(2·layers)`, norms 1, biases 0; a
    /// scalar head N(0, 1/(width + 1)).
    public static Model initialize(Backend backend, TransformerParameters parameters, RandomGenerator random) {
        float[] values = new float[parameters.layout().size()];
        double scale = 1 / Math.sqrt(3.0 * parameters.config().width());
        double residualScale = scale / Math.sqrt(2.0 * parameters.config().layers());
        for (Parameter parameter : parameters.layout().parameters()) {
            String name = parameter.name();
            double deviation;
            if (name.equals("score.weight")) {
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
        return of(backend, parameters, values);
    }

    public TransformerConfig config() {
        return parameters.config();
    }

    /// All weights in the layout's order.
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
        float[] values = model.flatWeights();
        float[] own = flatWeights();
        for (Parameter from : parameters.layout().parameters()) {
            for (Parameter to : scalar.layout().parameters()) {
                if (from.name().equals(to.name())) {
                    System.arraycopy(own, from.offset(), values, to.offset(), from.size());
                }
            }
        }
        model.weights.write(values);
        return model;
    }
}
