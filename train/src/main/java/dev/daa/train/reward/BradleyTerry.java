package dev.daa.train.reward;

import dev.daa.compute.InputException;
import dev.daa.train.objective.LogisticFunction;

/// Bradley–Terry loss of one pair with scores r_w and r_l:
/// `−(1 − s)·log σ(r_w − r_l) − s·log σ(r_l − r_w) + c·(r_w + r_l)²`,
/// with label smoothing s and the centring coefficient c (TRL's `center_rewards_coefficient`), which keeps the
/// scores' free constant near 0.
///
/// @param labelSmoothing s, 0 to ½: the assumed rate of flipped labels
/// @param centering c, 0 for none
public record BradleyTerry(double labelSmoothing, double centering) {
    public BradleyTerry {
        if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
            throw new InputException(
                    "label_smoothing is " + labelSmoothing + ", expected at least 0 and less than 0.5");
        }
        if (!(centering >= 0) || Double.isInfinite(centering)) {
            throw new InputException("centering is " + centering + ", expected a finite number of at least 0");
        }
    }

    /// Loss in nats.
    public double value(double chosen, double rejected) {
        return ofMargin(chosen - rejected) + ofSum(chosen + rejected);
    }

    /// Derivative with respect to the chosen score.
    public double dChosen(double chosen, double rejected) {
        return dMargin(chosen - rejected) + dSum(chosen + rejected);
    }

    /// Derivative with respect to the rejected score.
    public double dRejected(double chosen, double rejected) {
        return -dMargin(chosen - rejected) + dSum(chosen + rejected);
    }

    /// What the margin r_w − r_l adds to the loss.
    double ofMargin(double margin) {
        return -(1 - labelSmoothing) * LogisticFunction.logSigmoid(margin)
                - labelSmoothing * LogisticFunction.logSigmoid(-margin);
    }

    /// What the sum r_w + r_l adds to the loss.
    double ofSum(double sum) {
        return centering * sum * sum;
    }

    double dSum(double sum) {
        return 2 * centering * sum;
    }

    double dMargin(double margin) {
        return LogisticFunction.sigmoid(margin) - (1 - labelSmoothing);
    }
}
