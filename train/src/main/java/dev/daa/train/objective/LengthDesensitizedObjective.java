package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.util.EnumSet;
import java.util.Set;

/// LD-DPO (2409.06411): DPO on log-probs whose tokens beyond the shorter response of the pair count α instead of 1,
/// under the policy and under the reference.
///
/// @param beta  β, per nat
/// @param alpha weight of the excess tokens, in [0, 1]
public record LengthDesensitizedObjective(double beta, double alpha) implements Objective {

    @Override
    public String name() {
        return "ld_dpo";
    }

    @Override
    public Set<Need> needs() {
        return EnumSet.of(Need.REFERENCE, Need.TOKENS);
    }

    @Override
    public boolean perToken() {
        return true;
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        int pairs = batch.pairs();
        out.reset(batch, pairs);
        Tokens chosen = batch.chosen().tokens();
        Tokens rejected = batch.rejected().tokens();
        requireReference(pairs, chosen, "chosen");
        requireReference(pairs, rejected, "rejected");
        for (int pair = 0; pair < pairs; pair++) {
            int shared = Math.min(chosen.length(pair), rejected.length(pair));
            double x = beta * (logRatio(batch.chosen(), pair, shared) - logRatio(batch.rejected(), pair, shared));
            double slope = -beta * LogisticFunction.sigmoid(-x);
            out.loss()[pair] = -LogisticFunction.logSigmoid(x);
            // α for every token, and the rest of 1 for those both responses have
            out.dChosen()[pair] = alpha * slope;
            out.dRejected()[pair] = -alpha * slope;
            for (int token = 0; token < shared; token++) {
                out.dChosenToken()[chosen.start()[pair] + token] = (1 - alpha) * slope;
                out.dRejectedToken()[rejected.start()[pair] + token] = -(1 - alpha) * slope;
            }
        }
    }

    private static void requireReference(int pairs, Tokens tokens, String side) {
        if (pairs > 0 && tokens.reference().length == 0) {
            throw new InputException("ld_dpo needs the reference's per-token log-probs too; the " + side
                    + " responses of this batch carry none");
        }
    }

    private double logRatio(Responses responses, int response, int shared) {
        Tokens tokens = responses.tokens();
        double head = 0;
        int first = tokens.start()[response];
        for (int token = first; token < first + shared; token++) {
            head += tokens.policy()[token] - tokens.reference()[token];
        }
        return alpha * LogRatio.SUMMED.value(responses, response) + (1 - alpha) * head;
    }
}
