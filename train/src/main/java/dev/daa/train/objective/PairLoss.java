package dev.daa.train.objective;

import java.util.Arrays;

/// What an objective writes: losses and the derivatives of their **sum**. The batch loss is the mean, so a trainer
/// scales every
/// derivative by 1 / `count` of the whole batch. Arrays grow to the largest batch seen and are reused; entries past the
/// batch's size are meaningless.
///
/// The derivative of Σ loss with respect to the log-prob of token t of chosen response i is
/// `dChosen[i] + dChosenToken[start[i] + t]`; the second part exists only for objectives with [Objective#perToken()].
public final class PairLoss {
    private int count;
    private double[] loss = {};
    private double[] dChosen = {};
    private double[] dRejected = {};
    private double[] dChosenToken = {};
    private double[] dRejectedToken = {};
    private double[] dChosenForwardKl = {};
    private double[] dRejectedForwardKl = {};

    /// Makes room for `batch` and zeroes everything; `terms` losses will be written.
    public void reset(PairBatch batch, int terms) {
        count = terms;
        loss = zeroed(loss, terms);
        dChosen = zeroed(dChosen, batch.chosen().count());
        dRejected = zeroed(dRejected, batch.rejected().count());
        dChosenToken = zeroed(dChosenToken, batch.chosen().tokens().policy().length);
        dRejectedToken = zeroed(dRejectedToken, batch.rejected().tokens().policy().length);
        dChosenForwardKl = zeroed(dChosenForwardKl, batch.chosen().forwardKl().length);
        dRejectedForwardKl = zeroed(dRejectedForwardKl, batch.rejected().forwardKl().length);
    }

    /// Loss terms: the number of pairs for pairwise objectives; chosen + rejected responses, in that order, for
    /// unary ones.
    public int count() {
        return count;
    }

    /// [count] loss of each term, nats unless the objective says otherwise.
    public double[] loss() {
        return loss;
    }

    /// `[chosen]` ∂ Σ loss / ∂ log π_θ(y_w | x).
    public double[] dChosen() {
        return dChosen;
    }

    /// `[rejected]` ∂ Σ loss / ∂ log π_θ(y_l | x).
    public double[] dRejected() {
        return dRejected;
    }

    /// [chosen tokens] what single tokens get on top of `dChosen`; packed as [Tokens].
    public double[] dChosenToken() {
        return dChosenToken;
    }

    /// [rejected tokens] what single tokens get on top of `dRejected`; packed as [Tokens].
    public double[] dRejectedToken() {
        return dRejectedToken;
    }

    /// `[chosen]` ∂ Σ loss / ∂ Σ_t KL(π_ref ‖ π_θ) of the chosen response.
    public double[] dChosenForwardKl() {
        return dChosenForwardKl;
    }

    /// `[rejected]` ∂ Σ loss / ∂ Σ_t KL(π_ref ‖ π_θ) of the rejected response.
    public double[] dRejectedForwardKl() {
        return dRejectedForwardKl;
    }

    /// Mean loss of the terms; 0 for an empty batch.
    public double mean() {
        double sum = 0;
        for (int term = 0; term < count; term++) {
            sum += loss[term];
        }
        return count == 0 ? 0 : sum / count;
    }

    private static double[] zeroed(double[] values, int size) {
        if (values.length < size) {
            return new double[size];
        }
        Arrays.fill(values, 0, size, 0);
        return values;
    }
}
