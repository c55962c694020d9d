package dev.daa.train.ppo;

/// The loss of a policy gradient and its derivative with respect to the log-probability of every token. Pure: numbers
/// in, numbers out.
///
/// A term is what [Weighting] makes of a ratio ρ and an advantage A, terms are averaged by [Aggregation]. To each token
/// comes `k·(e^{log π_ref − log π} − 1 − (log π_ref − log π))` for a KL penalty inside the loss ([KlPenalty]).
///
/// @param recipe of the algorithm
/// @param bounds on the ratio
/// @param klCoefficient k; 0 for none
record PolicyLoss(Recipe recipe, Weighting.Bounds bounds, double klCoefficient) {
    /// What was measured over the terms of one or more mini-batches.
    static final class Totals {
        private double loss;
        private double squaredLogRatio;
        private double ratio;
        private double squaredRatio;
        private long clipped;
        private long ratios;
        private long tokens;

        private void count(double value, boolean clip) {
            ratio += value;
            squaredRatio += value * value;
            clipped += clip ? 1 : 0;
            ratios++;
        }

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

    /// Adds the response whose tokens are `[from, to)`.
    ///
    /// @param logProb `[tokens]` log π
    /// @param old `[tokens]` log π_old
    /// @param reference `[tokens]` log π_ref
    /// @param advantage `[tokens]`; for the ratio of a response the same at all of its tokens
    /// @param of the update's size
    /// @param derivative `[tokens]` takes the derivative of the loss with respect to `logProb`
    void add(
            int from,
            int to,
            double[] logProb,
            double[] old,
            double[] reference,
            double[] advantage,
            Aggregation.Of of,
            double[] derivative,
            Totals totals) {
        double weight = recipe.aggregation().tokenWeight(to - from, of);
        for (int t = from; t < to; t++) {
            double logRatio = logProb[t] - old[t];
            totals.squaredLogRatio += logRatio * logRatio;
            double toReference = reference[t] - logProb[t];
            totals.loss += weight * klCoefficient * (Math.expm1(toReference) - toReference);
            derivative[t] = -weight * klCoefficient * Math.expm1(toReference);
        }
        totals.tokens += to - from;
        if (recipe.ratio() == Ratio.TOKEN) {
            for (int t = from; t < to; t++) {
                addTerm(t, t + 1, logProb, old, advantage[t], weight, weight, derivative, totals);
            }
        } else {
            double together = recipe.aggregation().responseWeight(to - from, of);
            addTerm(from, to, logProb, old, advantage[from], weight, together, derivative, totals);
        }
    }

    /// Adds the term of the tokens that share a ratio.
    ///
    /// @param weight of a token's term
    /// @param together of theirs as one
    private void addTerm(
            int from,
            int to,
            double[] logProb,
            double[] old,
            double advantage,
            double weight,
            double together,
            double[] derivative,
            Totals totals) {
        double share = recipe.ratio() == Ratio.RESPONSE_MEAN ? 1.0 / (to - from) : 1;
        double logRatio = 0;
        double unbounded = 0;
        boolean clipped = false;
        for (int t = from; t < to; t++) {
            double ofToken = logProb[t] - old[t];
            double bounded = recipe.weighting().ofToken(ofToken, advantage, bounds);
            logRatio += share * bounded;
            unbounded += share * ofToken;
            clipped |= bounded != ofToken;
        }
        Weighting.Term term = recipe.weighting().of(logRatio, advantage, bounds);
        totals.count(Math.exp(unbounded), clipped || term.clipped());
        if (recipe.weighting().heldFixed()) {
            for (int t = from; t < to; t++) {
                totals.loss -= weight * advantage * term.value() * logProb[t];
                derivative[t] -= weight * advantage * term.value();
            }
            return;
        }
        totals.loss += together * (-advantage * term.value());
        double slope = together * (-advantage * term.slope()) * share;
        for (int t = from; t < to; t++) {
            double ofToken = logProb[t] - old[t];
            if (recipe.weighting().ofToken(ofToken, advantage, bounds) == ofToken) {
                derivative[t] += slope;
            }
        }
    }
}
