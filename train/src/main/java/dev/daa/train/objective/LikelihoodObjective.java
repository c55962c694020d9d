package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Set;

/// Supervised fine-tuning on the chosen responses: L_i = −log π_θ(y_w|x), or its mean over the response tokens.
///
/// @param average sum, or mean over the response tokens
public record LikelihoodObjective(Average average) implements Objective {

    @Override
    public String name() {
        return "sft";
    }

    @Override
    public Set<Need> needs() {
        return average == Average.MEAN ? EnumSet.of(Need.LENGTHS) : EnumSet.noneOf(Need.class);
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        Responses chosen = batch.chosen();
        out.reset(batch, chosen.count());
        LogRatio logLikelihood = new LogRatio(false, average);
        for (int i = 0; i < chosen.count(); i++) {
            out.loss()[i] = -logLikelihood.value(chosen, i);
            out.dChosen()[i] = -logLikelihood.scale(chosen, i);
        }
    }
}
