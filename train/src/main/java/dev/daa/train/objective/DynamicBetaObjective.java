package dev.daa.train.objective;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/// β-DPO (2407.08639): DPO with β_batch = max(10⁻³, β·(1 + a·(mean margin of the kept pairs − M))), M an exponential
/// moving average of the batch's mean margin (decay .9, from 0, updated before use). The share `drop` of the pairs
/// whose margin lies furthest from M is left out. The reference implementation draws the kept pairs with Gaussian
/// weights instead; keeping the heaviest makes the loss a function. State: (M).
///
/// @param beta     β, per nat
/// @param slope    a, per nat
/// @param momentum decay of M
/// @param drop     share of the pairs left out, in [0, 1)
public record DynamicBetaObjective(double beta, double slope, double momentum, double drop) implements Objective {
    private static final double SMALLEST_BETA = 1e-3;

    @Override
    public String name() {
        return "beta_dpo";
    }

    @Override
    public Set<Need> needs() {
        return EnumSet.of(Need.REFERENCE, Need.BATCH);
    }

    @Override
    public double[] initialState() {
        return new double[1];
    }

    /// [1 + pairs] the batch's β, then for each pair its weight: pairs / kept pairs, or 0 when it is left out.
    @Override
    public double[] constants(PairBatch batch, double[] state) {
        int pairs = batch.pairs();
        double[] constants = new double[1 + pairs];
        if (pairs == 0) {
            constants[0] = beta;
            return constants;
        }
        double[] margin = new double[pairs];
        double sum = 0;
        for (int pair = 0; pair < pairs; pair++) {
            margin[pair] = margin(batch, pair);
            sum += margin[pair];
        }
        double average = momentum * state[0] + (1 - momentum) * sum / pairs;
        state[0] = average;

        int kept = Math.max(1, (int) (pairs * (1 - drop)));
        double[] distance = new double[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            distance[pair] = Math.abs(margin[pair] - average);
        }
        double[] sorted = distance.clone();
        Arrays.sort(sorted);
        double furthestKept = sorted[kept - 1];
        int taken = 0;
        double sumOfKept = 0;
        for (int pair = 0; pair < pairs && taken < kept; pair++) {
            if (distance[pair] <= furthestKept) {
                constants[1 + pair] = (double) pairs / kept;
                sumOfKept += margin[pair];
                taken++;
            }
        }
        constants[0] = Math.max(SMALLEST_BETA, beta * (1 + slope * (sumOfKept / taken - average)));
        return constants;
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        int pairs = batch.pairs();
        out.reset(batch, pairs);
        double batchBeta = constants[0];
        for (int pair = 0; pair < pairs; pair++) {
            double weight = constants[1 + pair];
            double x = batchBeta * margin(batch, pair);
            double derivative = -weight * batchBeta * LogisticFunction.sigmoid(-x);
            out.loss()[pair] = -weight * LogisticFunction.logSigmoid(x);
            out.dChosen()[pair] = derivative;
            out.dRejected()[pair] = -derivative;
        }
    }

    private static double margin(PairBatch batch, int pair) {
        return LogRatio.SUMMED.value(batch.chosen(), pair) - LogRatio.SUMMED.value(batch.rejected(), pair);
    }
}
