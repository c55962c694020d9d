package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// A pairwise objective plus the negative log-likelihood of the chosen response: L_i − η·log π_θ(y_w|x), or per token.
/// RPO (2405.16436) takes the sum, Iterative RPO (2404.19733) and CPO (2401.08417) the mean over tokens.
///
/// @param base        the objective it is added to
/// @param coefficient η ≥ 0
/// @param average     sum, or mean over the response tokens
public record LikelihoodTerm(Objective base, double coefficient, Average average) implements Objective {

    @Override
    public String name() {
        return base.name();
    }

    @Override
    public Set<Need> needs() {
        Set<Need> needs = EnumSet.noneOf(Need.class);
        needs.addAll(base.needs());
        if (average == Average.MEAN) {
            needs.add(Need.LENGTHS);
        }
        return needs;
    }

    @Override
    public boolean perToken() {
        return base.perToken();
    }

    @Override
    public Optional<ReferenceUpdate> referenceUpdate() {
        return base.referenceUpdate();
    }

    @Override
    public double[] initialState() {
        return base.initialState();
    }

    @Override
    public double[] constants(PairBatch batch, double[] state) {
        return base.constants(batch, state);
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        base.evaluate(batch, constants, out);
        LogRatio logLikelihood = new LogRatio(false, average);
        Responses chosen = batch.chosen();
        for (int pair = 0; pair < out.count(); pair++) {
            out.loss()[pair] -= coefficient * logLikelihood.value(chosen, pair);
            out.dChosen()[pair] -= coefficient * logLikelihood.scale(chosen, pair);
        }
    }
}
