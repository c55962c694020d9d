package dev.daa.train.objective;

/// f′(π/π_ref) of an f-divergence as a function of ρ = log π/π_ref, constants dropped (2309.16240).
public sealed interface Divergence {
    /// s(ρ).
    double score(double logRatio);

    /// s′(ρ).
    double slope(double logRatio);

    /// KL(π ‖ π_ref): s = ρ, which is DPO.
    record ReverseKl() implements Divergence {
        @Override
        public double score(double logRatio) {
            return logRatio;
        }

        @Override
        public double slope(double logRatio) {
            return 1;
        }
    }

    /// KL(π_ref ‖ π): s = −e^{−ρ}.
    record ForwardKl() implements Divergence {
        @Override
        public double score(double logRatio) {
            return -BoundedExponential.value(-logRatio);
        }

        @Override
        public double slope(double logRatio) {
            return BoundedExponential.derivative(-logRatio);
        }
    }

    /// Jensen–Shannon: s = log σ(ρ).
    record JensenShannon() implements Divergence {
        @Override
        public double score(double logRatio) {
            return LogisticFunction.logSigmoid(logRatio);
        }

        @Override
        public double slope(double logRatio) {
            return LogisticFunction.sigmoid(-logRatio);
        }
    }

    /// α-divergence: s = e^{(α−1)ρ} / (α − 1), whose limit at α = 1 is the reverse KL up to a constant; α = 0 is
    /// the forward KL. α is TRL's, 1 minus the paper's.
    record Alpha(double alpha) implements Divergence {
        @Override
        public double score(double logRatio) {
            return alpha == 1 ? logRatio : BoundedExponential.value((alpha - 1) * logRatio) / (alpha - 1);
        }

        @Override
        public double slope(double logRatio) {
            return alpha == 1 ? 1 : BoundedExponential.derivative((alpha - 1) * logRatio);
        }
    }
}
