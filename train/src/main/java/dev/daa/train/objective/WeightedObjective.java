package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Set;

/// A function of the margin whose pairs are weighted without gradient: L_i = w_i·g(x_i).
///
/// @param name   as in configs
/// @param base   g of the margin
/// @param weight w, held constant under differentiation
public record WeightedObjective(String name, MarginObjective base, PairWeight weight) implements Objective {

    @Override
    public Set<Need> needs() {
        Set<Need> needs = EnumSet.copyOf(weight.needs());
        needs.addAll(base.needs());
        return needs;
    }

    /// `[pairs]` the weights.
    @Override
    public double[] constants(PairBatch batch, double[] state) {
        double[] weights = new double[batch.pairs()];
        for (int pair = 0; pair < weights.length; pair++) {
            weights[pair] = weight.of(batch, pair);
        }
        return weights;
    }

    @Override
    public void evaluate(PairBatch batch, double[] weights, PairLoss out) {
        base.evaluate(batch, weights, out);
        for (int pair = 0; pair < out.count(); pair++) {
            out.loss()[pair] *= weights[pair];
            out.dChosen()[pair] *= weights[pair];
            out.dRejected()[pair] *= weights[pair];
        }
    }
}
