package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Set;

/// BCO (2404.04656): −log σ(βρ_w − δ) and −log σ(−(βρ_l − δ)), where the reward shift δ is the running mean of
/// all implicit rewards βρ seen so far, this batch included. State: (number of rewards, their mean); none without a
/// shift.
///
/// @param name   as in configs
/// @param beta   β, per nat
/// @param paired whether the two terms of a pair are summed into one loss; otherwise every response is a loss term
/// @param shift  whether δ is the running mean; otherwise 0
public record BinaryClassifierObjective(String name, double beta, boolean paired, boolean shift) implements Objective {

    @Override
    public Set<Need> needs() {
        return shift ? EnumSet.of(Need.REFERENCE, Need.BATCH) : EnumSet.of(Need.REFERENCE);
    }

    @Override
    public boolean unary() {
        return !paired;
    }

    @Override
    public double[] initialState() {
        return shift ? new double[] {0, 0} : new double[0];
    }

    /// [1] the reward shift δ.
    @Override
    public double[] constants(PairBatch batch, double[] state) {
        int count = batch.chosen().count() + batch.rejected().count();
        if (!shift) {
            return new double[1];
        }
        if (count == 0) {
            return new double[] {state[1]};
        }
        double sum = sumOfRewards(batch.chosen()) + sumOfRewards(batch.rejected());
        double total = state[0] + count;
        state[1] += (sum - count * state[1]) / total;
        state[0] = total;
        return new double[] {state[1]};
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        double delta = constants[0];
        Responses chosen = batch.chosen();
        Responses rejected = batch.rejected();
        int rejectedOffset = paired ? 0 : chosen.count();
        out.reset(batch, paired ? batch.pairs() : chosen.count() + rejected.count());
        for (int i = 0; i < chosen.count(); i++) {
            double x = beta * LogRatio.SUMMED.value(chosen, i) - delta;
            out.loss()[i] = -LogisticFunction.logSigmoid(x);
            out.dChosen()[i] = -beta * LogisticFunction.sigmoid(-x);
        }
        for (int i = 0; i < rejected.count(); i++) {
            double x = beta * LogRatio.SUMMED.value(rejected, i) - delta;
            out.loss()[rejectedOffset + i] += -LogisticFunction.logSigmoid(-x);
            out.dRejected()[i] = beta * LogisticFunction.sigmoid(x);
        }
    }

    private double sumOfRewards(Responses responses) {
        double sum = 0;
        for (int i = 0; i < responses.count(); i++) {
            sum += beta * LogRatio.SUMMED.value(responses, i);
        }
        return sum;
    }
}
