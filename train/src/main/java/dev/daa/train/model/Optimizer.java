package dev.daa.train.model;

import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;

/// How a graph becomes one that trains: backward pass, gradient clipping and update rule.
///
/// @param rule how gradients become updates
/// @param beta1 AdamW's decay of the first moment
/// @param beta2 decay of the second moment; RMSProp's smoothing
/// @param epsilon added to the root of the second moment
/// @param weightDecay decoupled weight decay, times the learning rate; on every parameter, as torch's default
/// @param clip largest global gradient norm; 0 for no clipping
/// @param recompute the backward pass computes activations again instead of keeping them; changes no result
public record Optimizer(
        Rule rule, double beta1, double beta2, double epsilon, double weightDecay, double clip, boolean recompute) {
    /// Update rules.
    public enum Rule {
        ADAMW(0.999),
        RMSPROP(0.99);

        private final double secondDecay;

        Rule(double secondDecay) {
            this.secondDecay = secondDecay;
        }

        /// Torch's default of `beta2`.
        public double secondDecay() {
            return secondDecay;
        }
    }

    public Optimizer {
        fraction("beta1", beta1);
        fraction("beta2", beta2);
        notNegative("epsilon", epsilon);
        if ((float) epsilon == 0) {
            throw new InputException("optimizer epsilon is " + epsilon
                    + ", expected a number above 0 in fp32: what has no gradient yet is divided by it");
        }
        notNegative("weight_decay", weightDecay);
        notNegative("clip", clip);
    }

    /// AdamW with torch's moments (0.9, 0.999, 1e-8).
    public static Optimizer adamW(double weightDecay, double clip) {
        return new Optimizer(Rule.ADAMW, 0.9, Rule.ADAMW.secondDecay(), 1e-8, weightDecay, clip, false);
    }

    /// RMSProp with torch's defaults (0.99, 1e-8), as the DPO reference code trains.
    public static Optimizer rmsProp(double clip) {
        return new Optimizer(Rule.RMSPROP, 0, Rule.RMSPROP.secondDecay(), 1e-8, 0, clip, false);
    }

    /// Appends the backward pass from derivatives given at `outputs`, clipping and update.
    public Graph appendTo(Graph graph, ParameterLayout layout, Tensor... outputs) {
        graph.differentiate(layout, recompute, outputs);
        return switch (rule) {
            case ADAMW ->
                graph.adamW(layout, (float) clip, (float) beta1, (float) beta2, (float) epsilon, (float) weightDecay);
            case RMSPROP -> graph.rmsProp(layout, (float) clip, (float) beta2, (float) epsilon, (float) weightDecay);
        };
    }

    private static void fraction(String key, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new InputException("optimizer " + key + " is " + value + ", expected at least 0 and less than 1");
        }
    }

    private static void notNegative(String key, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new InputException("optimizer " + key + " is " + value + ", expected a finite number of at least 0");
        }
    }
}
