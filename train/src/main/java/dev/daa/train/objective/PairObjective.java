package dev.daa.train.objective;

import java.util.Set;

/// A function of both log-ratios: L_i = L(ρ_w, ρ_l).
///
/// @param name     as in configs
/// @param function L
/// @param logRatio what ρ is
public record PairObjective(String name, PairFunction function, LogRatio logRatio) implements Objective {

    @Override
    public Set<Need> needs() {
        return logRatio.needs();
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        int pairs = batch.pairs();
        out.reset(batch, pairs);
        for (int pair = 0; pair < pairs; pair++) {
            double chosen = logRatio.value(batch.chosen(), pair);
            double rejected = logRatio.value(batch.rejected(), pair);
            out.loss()[pair] = function.value(chosen, rejected);
            out.dChosen()[pair] = function.dChosen(chosen, rejected) * logRatio.scale(batch.chosen(), pair);
            out.dRejected()[pair] = function.dRejected(chosen, rejected) * logRatio.scale(batch.rejected(), pair);
        }
    }
}
