package dev.daa.train.reward;

import dev.daa.compute.InputException;

/// Loss of a reward model on a batch of pairs: the mean of [BradleyTerry] over pairs, and of the batch as a whole
///
/// - `b·(mean r)²` over all 2·pairs responses, batch-wise sum-to-zero regularisation (BSR, Hong et al. 2505.07271;
///   their code multiplies its λ by the pairs of a batch). Centring of pairs is `4c` times the mean of `(mean of the
///   pair)²`: more by the variance of those means, so it draws every prompt's origin to 0, and this that of all prompts
///   together.
/// - with a length head (ODIN, Chen et al. 2402.07319, equation 11) the pairs' margin is that of r_Q + r_L, and
///   `λ_L·(|ρ(r_Q, length)| − ρ(r_L, length))` is added for the chosen responses and for the rejected ones. Centring is
///   of r_Q, the score. Both heads have norm 1, and `λ_O·|cos(W_Q, W_L)|` is added, see [UnitHeads].
///
/// @param pair of each pair
/// @param batchCentering b, 0 for none
/// @param lengthHead whether there is one
public record RewardLoss(BradleyTerry pair, double batchCentering, LengthHead lengthHead) {
    /// Two numbers always correlate by 1 or −1.
    private static final int FEWEST_PAIRS = 3;

    public RewardLoss {
        if (!(batchCentering >= 0) || Double.isInfinite(batchCentering)) {
            throw new InputException(
                    "batch_centering is " + batchCentering + ", expected a finite number of at least 0");
        }
    }

    /// Of pairs alone.
    public RewardLoss(BradleyTerry pair) {
        this(pair, 0, LengthHead.NONE);
    }

    /// Refuses a batch in which nothing can correlate.
    public void requireBatch(int pairs) {
        if (lengthHead.isOn() && pairs < FEWEST_PAIRS) {
            throw new InputException("batch is " + pairs + " with length_head.correlation "
                    + lengthHead.correlation() + ", expected at least " + FEWEST_PAIRS
                    + ": scores of fewer responses always correlate with length");
        }
    }

    /// Whether parts of a batch do not tell their share of the loss.
    boolean needsWholeBatch() {
        return batchCentering > 0 || lengthHead.isOn();
    }

    /// The loss of the pairs at `[from, from + count)`, as a share of the batch's, without what the heads' weights
    /// add; writes its derivatives.
    ///
    /// @param pairs the whole batch; where [#needsWholeBatch] says so, they are all asked for at once
    double of(ScoredPairs pairs, int from, int count) {
        int batch = pairs.pairs();
        if (needsWholeBatch() && count < batch) {
            throw new IllegalArgumentException("the loss needs all " + batch + " pairs at once, found " + count);
        }
        double sum = 0;
        for (int i = 2 * from; i < 2 * (from + count); i += 2) {
            double chosen = pairs.score()[i];
            double rejected = pairs.score()[i + 1];
            double margin = chosen - rejected + pairs.lengthScore()[i] - pairs.lengthScore()[i + 1];
            double dMargin = pair.dMargin(margin);
            double dSum = pair.dSum(chosen + rejected);
            sum += pair.ofMargin(margin) + pair.ofSum(chosen + rejected);
            pairs.dScore()[i] = (dMargin + dSum) / batch;
            pairs.dScore()[i + 1] = (-dMargin + dSum) / batch;
            pairs.dLengthScore()[i] = dMargin / batch;
            pairs.dLengthScore()[i + 1] = -dMargin / batch;
        }
        double loss = sum / batch;
        if (batchCentering > 0) {
            loss += centerBatch(pairs);
        }
        if (lengthHead.isOn()) {
            loss += decorrelate(pairs, 0) + decorrelate(pairs, 1);
        }
        return loss;
    }

    private double centerBatch(ScoredPairs pairs) {
        double mean = 0;
        for (double score : pairs.score()) {
            mean += score / pairs.score().length;
        }
        for (int i = 0; i < pairs.dScore().length; i++) {
            pairs.dScore()[i] += 2 * batchCentering * mean / pairs.dScore().length;
        }
        return batchCentering * mean * mean;
    }

    /// @param side 0 for the chosen responses, 1 for the rejected
    private double decorrelate(ScoredPairs pairs, int side) {
        LengthCorrelation quality = correlation(pairs, pairs.score(), side);
        LengthCorrelation length = correlation(pairs, pairs.lengthScore(), side);
        double sign = Math.signum(quality.value());
        for (int i = 0; i < pairs.pairs(); i++) {
            pairs.dScore()[2 * i + side] += lengthHead.correlation() * sign * quality.derivative()[i];
            pairs.dLengthScore()[2 * i + side] -= lengthHead.correlation() * length.derivative()[i];
        }
        return lengthHead.correlation() * (Math.abs(quality.value()) - length.value());
    }

    /// Of the scores of one side with length.
    static LengthCorrelation correlation(ScoredPairs pairs, double[] scores, int side) {
        return LengthCorrelation.of(side(scores, side), side(pairs.length(), side));
    }

    private static double[] side(double[] values, int side) {
        double[] found = new double[values.length / 2];
        for (int i = 0; i < found.length; i++) {
            found[i] = values[2 * i + side];
        }
        return found;
    }
}
