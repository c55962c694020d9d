package dev.daa.train.objective;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/// TDPO (2404.11999): −log σ(β(h − a·(D_l − D_w))), D = Σ_t KL(π_ref ‖ π_θ) at the response positions.
/// TDPO1 has a = 1; TDPO2 has a free a and no gradient through D_w.
///
/// @param name          as in configs
/// @param beta          β, per nat
/// @param klCoefficient a
/// @param chosenStopped whether D_w carries no gradient
public record TokenKlObjective(String name, double beta, double klCoefficient, boolean chosenStopped)
        implements Objective {

    @Override
    public Set<Need> needs() {
        return EnumSet.of(Need.REFERENCE, Need.FORWARD_KL);
    }

    /// `[pairs]` D_w as a constant, when it carries no gradient.
    @Override
    public double[] constants(PairBatch batch, double[] state) {
        return chosenStopped ? Arrays.copyOf(batch.chosen().forwardKl(), batch.pairs()) : new double[0];
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        int pairs = batch.pairs();
        out.reset(batch, pairs);
        double[] chosenKl = chosenStopped ? constants : batch.chosen().forwardKl();
        for (int pair = 0; pair < pairs; pair++) {
            double margin = LogRatio.SUMMED.value(batch.chosen(), pair) - LogRatio.SUMMED.value(batch.rejected(), pair);
            double klGap = batch.rejected().forwardKl()[pair] - chosenKl[pair];
            double x = beta * (margin - klCoefficient * klGap);
            double slope = -beta * LogisticFunction.sigmoid(-x);
            out.loss()[pair] = -LogisticFunction.logSigmoid(x);
            out.dChosen()[pair] = slope;
            out.dRejected()[pair] = -slope;
            out.dRejectedForwardKl()[pair] = -slope * klCoefficient;
            out.dChosenForwardKl()[pair] = chosenStopped ? 0 : slope * klCoefficient;
        }
    }
}
