package dev.daa.train.ppo;

/// The loss of a policy gradient and its derivative with respect to the log-probability of every token. Pure: numbers
/// in, numbers out.
///
/// With ρ = π/π_old and advantage A a term is `max(−A·ρ, −A·clip(ρ, 1 ± ε))` (1707.06347, equation 7), for A < 0 at
/// most `−c·A` where the dual clip c is set (1912.09729); without a ratio it is `−A·log π`, whose derivative is −A. To
/// it comes `k·(e^{log π_ref − log π} − 1 − (log π_ref − log π))` for a KL penalty inside the loss (k3, 2402.03300).
///
/// @param ratio of what
/// @param average over what
/// @param clipRange ε
/// @param dualClip c; 0 for none
/// @param klCoefficient k; 0 for none
record PolicyLoss(Ratio ratio, Average average, double clipRange, double dualClip, double klCoefficient) {
    /// What ρ is the ratio of.
    enum Ratio {
        TOKEN,
        SEQUENCE,
        NONE
    }

    /// How terms become one loss.
    enum Average {
        /// Mean over the tokens of the mini-batch.
        TOKENS,
        /// Mean over responses of their mean over tokens.
        TOKEN_MEANS,
        /// Mean over responses of their sum over tokens.
        TOKEN_SUMS
    }

    /// What was measured over the terms of one or more mini-batches.
    static final class Totals {
        private double loss;
        private double squaredLogRatio;
        private double ratio;
        private double squaredRatio;
        private long clipped;
        private long ratios;
        private long tokens;

        /// Adds a term of the loss that is no clipped ratio.
        void addLoss(double term) {
            loss += term;
        }

        /// Adds what another pass measured.
        void add(Totals other) {
            loss += other.loss;
            squaredLogRatio += other.squaredLogRatio;
            ratio += other.ratio;
            squaredRatio += other.squaredRatio;
            clipped += other.clipped;
            ratios += other.ratios;
            tokens += other.tokens;
        }

        double loss() {
            return loss;
        }

        /// Mean ½(log π − log π_old)² over tokens, the k2 estimate of the KL between new and old policy in
        /// nats.
        double approxKl() {
            return 0.5 * squaredLogRatio / tokens;
        }

        /// Share of ratios at which clipping changed the loss.
        double clipFraction() {
            return (double) clipped / ratios;
        }

        double ratioMean() {
            return ratio / ratios;
        }

        double ratioVariance() {
            return Math.max(0, squaredRatio / ratios - ratioMean() * ratioMean());
        }
    }

    /// Weight of one term of a response.
    ///
    /// @param length its tokens
    /// @param tokens of the mini-batch
    /// @param responses of the mini-batch
    double weight(int length, long tokens, int responses) {
        return switch (average) {
            case TOKENS -> 1.0 / tokens;
            case TOKEN_MEANS -> 1.0 / ((double) responses * length);
            case TOKEN_SUMS -> 1.0 / responses;
        };
    }

    /// Adds the response whose tokens are `[from, to)`.
    ///
    /// @param logProb `[tokens]` log π
    /// @param old `[tokens]` log π_old
    /// @param reference `[tokens]` log π_ref
    /// @param advantage `[tokens]`; for the ratio of a sequence the same at all of its tokens
    /// @param weight of each term
    /// @param derivative `[tokens]` takes the derivative of the loss with respect to `logProb`
    void add(
            int from,
            int to,
            double[] logProb,
            double[] old,
            double[] reference,
            double[] advantage,
            double weight,
            double[] derivative,
            Totals totals) {
        double sequenceLogRatio = 0;
        for (int t = from; t < to; t++) {
            double logRatio = logProb[t] - old[t];
            totals.squaredLogRatio += logRatio * logRatio;
            sequenceLogRatio += logRatio;
            double toReference = reference[t] - logProb[t];
            totals.loss += weight * klCoefficient * (Math.expm1(toReference) - toReference);
            derivative[t] = -weight * klCoefficient * Math.expm1(toReference);
        }
        totals.tokens += to - from;
        switch (ratio) {
            case TOKEN -> {
                for (int t = from; t < to; t++) {
                    derivative[t] += clippedTerm(Math.exp(logProb[t] - old[t]), advantage[t], weight, totals);
                }
            }
            case SEQUENCE -> {
                double slope = clippedTerm(Math.exp(sequenceLogRatio), advantage[from], weight, totals);
                for (int t = from; t < to; t++) {
                    derivative[t] += slope;
                }
            }
            case NONE -> {
                for (int t = from; t < to; t++) {
                    totals.loss -= weight * advantage[t] * logProb[t];
                    derivative[t] -= weight * advantage[t];
                    count(Math.exp(logProb[t] - old[t]), false, totals);
                }
            }
        }
    }

    /// Adds one clipped term.
    ///
    /// @return its derivative with respect to log ρ
    private double clippedTerm(double value, double advantage, double weight, Totals totals) {
        double free = -advantage * value;
        double clipped = -advantage * Math.clamp(value, 1 - clipRange, 1 + clipRange);
        boolean bounded = dualClip > 0 && advantage < 0 && free > -dualClip * advantage;
        boolean inside = free >= clipped && !bounded;
        totals.loss += weight * (bounded ? -dualClip * advantage : Math.max(free, clipped));
        count(value, !inside, totals);
        return inside ? weight * free : 0;
    }

    private static void count(double value, boolean clipped, Totals totals) {
        totals.ratio += value;
        totals.squaredRatio += value * value;
        totals.clipped += clipped ? 1 : 0;
        totals.ratios++;
    }
}
