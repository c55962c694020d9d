package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Set;

/// A function of the margin: L_i = g(x_i), x_i = β·(ρ_w − ρ_l) + a·(|y_w| − |y_l|).
///
/// With g = −log σ and a = 0 this is DPO (Rafailov et al. 2305.18290, eq. 7); a ≠ 0 is R-DPO (Park et al. 2403.19159);
/// the family over g is GPO (Tang et al. 2402.05749).
///
/// @param name          as in configs
/// @param function      g
/// @param beta          β, per nat
/// @param logRatio      what ρ is
/// @param lengthPenalty a, per token
public record MarginObjective(
        String name, MarginFunction function, double beta, LogRatio logRatio, double lengthPenalty)
        implements Objective {

    /// g of the summed log-ratio against the reference, as in DPO.
    public static MarginObjective of(String name, MarginFunction function, double beta) {
        return new MarginObjective(name, function, beta, LogRatio.SUMMED, 0);
    }

    @Override
    public Set<Need> needs() {
        Set<Need> needs = EnumSet.noneOf(Need.class);
        needs.addAll(logRatio.needs());
        if (lengthPenalty != 0) {
            needs.add(Need.LENGTHS);
        }
        return needs;
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        int pairs = batch.pairs();
        out.reset(batch, pairs);
        Responses chosen = batch.chosen();
        Responses rejected = batch.rejected();
        for (int pair = 0; pair < pairs; pair++) {
            double x = beta * (logRatio.value(chosen, pair) - logRatio.value(rejected, pair));
            if (lengthPenalty != 0) {
                x += lengthPenalty * (chosen.length()[pair] - rejected.length()[pair]);
            }
            double slope = beta * function.derivative(x);
            out.loss()[pair] = function.value(x);
            out.dChosen()[pair] = slope * logRatio.scale(chosen, pair);
            out.dRejected()[pair] = -slope * logRatio.scale(rejected, pair);
        }
    }
}
