package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Set;

/// KTO (2402.01306, eq. 7), a unary objective: a desirable response costs λ_D·(1 − σ(β(ρ − z₀))), an undesirable one
/// λ_U·(1 − σ(β(z₀ − ρ))). z₀ = max(0, an estimate of KL(π ‖ π_ref)) carries no gradient. Every response is a loss
/// term.
///
/// @param beta              β, per nat
/// @param desirableWeight   λ_D
/// @param undesirableWeight λ_U
/// @param referencePoint    how z₀ is estimated
public record KahnemanTverskyObjective(
        double beta, double desirableWeight, double undesirableWeight, ReferencePoint referencePoint)
        implements Objective {

    /// The estimate of KL(π ‖ π_ref) that a response is compared with.
    public enum ReferencePoint {
        /// Mean log-ratio of responses under other prompts, the paper's estimator; needs a second forward pass.
        MISMATCHED,
        /// Mean log-ratio of the batch's own responses: no extra forward pass, but it rises with what is
        /// learned, so that a batch of desirable responses only never saturates.
        MATCHED,
        /// z₀ = 0: unpaired APO-zero.
        ZERO
    }

    @Override
    public String name() {
        return "kto";
    }

    @Override
    public Set<Need> needs() {
        return switch (referencePoint) {
            case MATCHED -> EnumSet.of(Need.REFERENCE, Need.BATCH);
            case MISMATCHED -> EnumSet.of(Need.REFERENCE, Need.MISMATCHED, Need.BATCH);
            case ZERO -> EnumSet.of(Need.REFERENCE);
        };
    }

    @Override
    public boolean unary() {
        return true;
    }

    /// [1] the reference point z₀, nats.
    @Override
    public double[] constants(PairBatch batch, double[] state) {
        int count = batch.chosen().count() + batch.rejected().count();
        if (count == 0) {
            return new double[1];
        }
        double sum = sumOfLogRatios(batch.chosen()) + sumOfLogRatios(batch.rejected());
        return new double[] {Math.max(0, sum / count)};
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        double referenceKl = constants[0];
        Responses desirable = batch.chosen();
        Responses undesirable = batch.rejected();
        out.reset(batch, desirable.count() + undesirable.count());
        for (int i = 0; i < desirable.count(); i++) {
            double x = beta * (LogRatio.SUMMED.value(desirable, i) - referenceKl);
            out.loss()[i] = desirableWeight * LogisticFunction.sigmoid(-x);
            out.dChosen()[i] = -desirableWeight * beta * LogisticFunction.slope(x);
        }
        for (int i = 0; i < undesirable.count(); i++) {
            double x = beta * (referenceKl - LogRatio.SUMMED.value(undesirable, i));
            out.loss()[desirable.count() + i] = undesirableWeight * LogisticFunction.sigmoid(-x);
            out.dRejected()[i] = undesirableWeight * beta * LogisticFunction.slope(x);
        }
    }

    private double sumOfLogRatios(Responses responses) {
        double sum = 0;
        for (int i = 0; i < responses.count(); i++) {
            sum += switch (referencePoint) {
                case MATCHED -> LogRatio.SUMMED.value(responses, i);
                case MISMATCHED -> responses.mismatchedLogRatio()[i];
                case ZERO -> 0;
            };
        }
        return sum;
    }
}
