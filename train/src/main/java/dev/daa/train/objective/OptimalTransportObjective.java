package dev.daa.train.objective;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/// AOT (2406.05882): DPO's loss between quantiles of the batch instead of between the members of a pair, L_i = −(1−ε)
/// log σ(β(a_(i) − b_(i))) − ε log σ(−β(a_(i) − b_(i))) with a and b each sorted over the batch. Paired: a = log π(y_w)
/// − log π(y_l), b the same under the reference. Unpaired: a = ρ of the chosen, b = ρ of the rejected. Loss i belongs
/// to quantile i, not to pair i.
///
/// @param name           as in configs
/// @param beta           β, per nat
/// @param labelSmoothing ε
/// @param paired         which of the two forms
public record OptimalTransportObjective(String name, double beta, double labelSmoothing, boolean paired)
        implements Objective {

    @Override
    public Set<Need> needs() {
        return EnumSet.of(Need.REFERENCE, Need.BATCH);
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        int pairs = batch.pairs();
        out.reset(batch, pairs);
        Responses chosen = batch.chosen();
        Responses rejected = batch.rejected();
        double[] upper = new double[pairs];
        double[] lower = new double[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            upper[pair] =
                    paired ? chosen.policy()[pair] - rejected.policy()[pair] : LogRatio.SUMMED.value(chosen, pair);
            lower[pair] = paired
                    ? chosen.reference()[pair] - rejected.reference()[pair]
                    : LogRatio.SUMMED.value(rejected, pair);
        }
        int[] upperOrder = ascending(upper);
        int[] lowerOrder = ascending(lower);
        MarginLoss.Smoothed logistic = new MarginLoss.Smoothed(labelSmoothing);
        for (int quantile = 0; quantile < pairs; quantile++) {
            int above = upperOrder[quantile];
            int below = lowerOrder[quantile];
            double x = beta * (upper[above] - lower[below]);
            double slope = beta * logistic.derivative(x);
            out.loss()[quantile] = logistic.value(x);
            out.dChosen()[above] += slope;
            out.dRejected()[paired ? above : below] -= slope;
        }
    }

    /// Positions of `values` in ascending order of value, ties by position.
    private static int[] ascending(double[] values) {
        Integer[] order = new Integer[values.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        Arrays.sort(order, (left, right) -> Double.compare(values[left], values[right]));
        int[] positions = new int[order.length];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = order[i];
        }
        return positions;
    }
}
