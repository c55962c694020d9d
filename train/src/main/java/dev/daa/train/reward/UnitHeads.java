package dev.daa.train.reward;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import java.util.Map;
import java.util.Objects;

/// The heads W_Q and W_L of a reward model with a length head, weight-normalised as ODIN has them: `r = h·W/‖W‖`. After
/// each update both are brought back to norm 1, which changes no r, so that W_Q is the head that scores and Adam's
/// steps keep their angle. The derivative by W is then what is across it.
final class UnitHeads {
    private final Parameters weights;
    private final Parameter quality;
    private final Parameter length;

    /// @param model with a length head, whose heads become 1 long
    UnitHeads(Model model) {
        weights = model.trained();
        quality = model.parameters().headWeight();
        length = Objects.requireNonNull(model.parameters().lengthHead());
        normalize();
    }

    /// Brings both heads to norm 1.
    void normalize() {
        for (Parameter head : new Parameter[] {quality, length}) {
            float[] values = weights.copy(head);
            double norm = Math.sqrt(dot(values, values));
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (values[i] / norm);
            }
            weights.write(head, values);
        }
    }

    /// W_Q·W_L.
    double cosine() {
        return dot(weights.copy(quality), weights.copy(length));
    }

    /// Adds the derivatives of `λ·|W_Q·W_L|`, and leaves of both heads' what is across them.
    ///
    /// @param gradients of the trained parameters
    /// @param orthogonality λ
    void constrain(Parameters gradients, double orthogonality) {
        float[] q = weights.copy(quality);
        float[] l = weights.copy(length);
        double slope = orthogonality * Math.signum(dot(q, l));
        gradients.write(quality, across(q, gradients.copy(quality), l, slope));
        gradients.write(length, across(l, gradients.copy(length), q, slope));
    }

    /// `(I − w·wᵀ)(g + slope·other)`.
    private static float[] across(float[] w, float[] gradient, float[] other, double slope) {
        double along = dot(w, gradient) + slope * dot(w, other);
        float[] left = new float[w.length];
        for (int i = 0; i < left.length; i++) {
            left[i] = (float) (gradient[i] + slope * other[i] - along * w[i]);
        }
        return left;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /// The length head by name, for checkpoints, whose model has only the other one.
    Map<String, Parameters> state() {
        ParameterLayout alone = new ParameterLayout("length head");
        alone.add(length.name(), length.columns());
        return Map.of(length.name(), new Alone(weights, length, alone));
    }

    /// One of several parameters.
    private record Alone(Parameters all, Parameter parameter, ParameterLayout layout) implements Parameters {
        @Override
        public void read(float[] into) {
            System.arraycopy(all.copy(parameter), 0, into, 0, parameter.size());
        }

        @Override
        public void write(float[] from) {
            all.write(parameter, from);
        }
    }
}
