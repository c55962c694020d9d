package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Set;

/// A weight that multiplies the loss of a pair and carries no gradient.
public sealed interface PairWeight {
    /// What it reads.
    Set<Need> needs();

    /// Weight of pair i.
    double of(PairBatch batch, int pair);

    /// exp(min(ρ_w + ρ_l, 2ε)): importance ratio of the pair, clipped from above, IS-DAA (2506.08681).
    record ImportanceRatio(double epsilon) implements PairWeight {
        @Override
        public Set<Need> needs() {
            return EnumSet.of(Need.REFERENCE);
        }

        @Override
        public double of(PairBatch batch, int pair) {
            double logRatio =
                    LogRatio.SUMMED.value(batch.chosen(), pair) + LogRatio.SUMMED.value(batch.rejected(), pair);
            return Math.exp(Math.min(logRatio, 2 * epsilon));
        }
    }

    /// w(y_w)·w(y_l), w(y) = exp(mean_t [log π(y_t) − a_t]): WPO (2406.11827, eq. 2). With `aligned`, a_t = log Σ_v
    /// π(v)² (sampled alignment, the authors' choice, who also bound the product by 1); without, a_t = 0 and it is
    /// at most 1.
    record PolicyProbability(boolean aligned) implements PairWeight {
        @Override
        public Set<Need> needs() {
            return aligned ? EnumSet.of(Need.LENGTHS, Need.TOKENS, Need.TOKEN_COLLISION) : EnumSet.of(Need.LENGTHS);
        }

        @Override
        public double of(PairBatch batch, int pair) {
            return BoundedExponential.value(meanLogProb(batch.chosen(), pair) + meanLogProb(batch.rejected(), pair));
        }

        private double meanLogProb(Responses responses, int response) {
            double sum = responses.policy()[response];
            if (aligned) {
                Tokens tokens = responses.tokens();
                for (int token = tokens.start()[response]; token < tokens.start()[response + 1]; token++) {
                    sum -= tokens.collision()[token];
                }
            }
            return sum / responses.length()[response];
        }
    }
}
