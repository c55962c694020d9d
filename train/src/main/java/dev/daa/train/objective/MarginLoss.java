package dev.daa.train.objective;

/// The margin functions of the literature, as values. x = β·(ρ_w − ρ_l) throughout.
public sealed interface MarginLoss extends MarginFunction {

    /// −log σ(x): DPO (2305.18290, eq. 7).
    record Logistic() implements MarginLoss {
        @Override
        public double value(double x) {
            return -LogisticFunction.logSigmoid(x);
        }

        @Override
        public double derivative(double x) {
            return -LogisticFunction.sigmoid(-x);
        }
    }

    /// −(1 − ε) log σ(x) − ε log σ(−x): conservative DPO, labels flipped with probability ε (Mitchell 2023).
    record Smoothed(double labelSmoothing) implements MarginLoss {
        @Override
        public double value(double x) {
            return -(1 - labelSmoothing) * LogisticFunction.logSigmoid(x)
                    - labelSmoothing * LogisticFunction.logSigmoid(-x);
        }

        @Override
        public double derivative(double x) {
            return -(1 - labelSmoothing) * LogisticFunction.sigmoid(-x) + labelSmoothing * LogisticFunction.sigmoid(x);
        }
    }

    /// [−(1 − ε) log σ(x) + ε log σ(−x)] / (1 − 2ε): robust DPO, unbiased under label flips (2403.00409).
    record Robust(double labelSmoothing) implements MarginLoss {
        @Override
        public double value(double x) {
            return (-(1 - labelSmoothing) * LogisticFunction.logSigmoid(x)
                            + labelSmoothing * LogisticFunction.logSigmoid(-x))
                    / (1 - 2 * labelSmoothing);
        }

        @Override
        public double derivative(double x) {
            return (-(1 - labelSmoothing) * LogisticFunction.sigmoid(-x) - labelSmoothing * LogisticFunction.sigmoid(x))
                    / (1 - 2 * labelSmoothing);
        }
    }

    /// weight·(x − target)²: IPO. The unified form of 2406.02900 is (βh − 1)²; the τ form of 2310.12036 eq. 17, (h
    /// − 1/(2τ))², is target ½ and weight 1/τ² at x = τh.
    record Squared(double target, double weight) implements MarginLoss {
        /// (βh − 1)².
        public static Squared unifiedForm() {
            return new Squared(1, 1);
        }

        /// (h − 1/(2τ))² at x = τh.
        public static Squared tauForm(double tau) {
            return new Squared(0.5, 1 / (tau * tau));
        }

        @Override
        public double value(double x) {
            return weight * (x - target) * (x - target);
        }

        @Override
        public double derivative(double x) {
            return 2 * weight * (x - target);
        }
    }

    /// max(0, δ − x): hinge, the reference-based SLiC of 2406.02900 (δ = 1). The derivative at the kink is 0.
    record Hinge(double delta) implements MarginLoss {
        @Override
        public double value(double x) {
            return Math.max(0, delta - x);
        }

        @Override
        public double derivative(double x) {
            return x < delta ? -1 : 0;
        }
    }

    /// e^{−x}: exponential member of GPO (2402.05749). Below x = −80 it continues as its tangent, so that
    /// it stays finite.
    record Exponential() implements MarginLoss {
        @Override
        public double value(double x) {
            return BoundedExponential.value(-x);
        }

        @Override
        public double derivative(double x) {
            return -BoundedExponential.derivative(-x);
        }
    }

    /// max(0, 1 − x)²: truncated quadratic member of GPO (2402.05749).
    record TruncatedQuadratic() implements MarginLoss {
        @Override
        public double value(double x) {
            double gap = Math.max(0, 1 - x);
            return gap * gap;
        }

        @Override
        public double derivative(double x) {
            return -2 * Math.max(0, 1 - x);
        }
    }

    /// 1 / (1 + e^x)² = σ(−x)²: Savage member of GPO (2402.05749).
    record Savage() implements MarginLoss {
        @Override
        public double value(double x) {
            double tail = LogisticFunction.sigmoid(-x);
            return tail * tail;
        }

        @Override
        public double derivative(double x) {
            double tail = LogisticFunction.sigmoid(-x);
            return -2 * tail * tail * LogisticFunction.sigmoid(x);
        }
    }

    /// KL(q ‖ p_ε) with q = (σ(x), σ(−x)), p_ε = (1 − ε, ε): EXO on pairs (2402.00856, eq. 16). ε > 0.
    record ExactReverseKl(double labelSmoothing) implements MarginLoss {
        @Override
        public double value(double x) {
            return LogisticFunction.sigmoid(x) * (LogisticFunction.logSigmoid(x) - Math.log1p(-labelSmoothing))
                    + LogisticFunction.sigmoid(-x) * (LogisticFunction.logSigmoid(-x) - Math.log(labelSmoothing));
        }

        @Override
        public double derivative(double x) {
            // d/dx Σ q log q/p = q_w q_l · [(log q_w − log p_w) − (log q_l − log p_l)], and log q_w − log q_l = x
            double logOddsOfLabel = Math.log1p(-labelSmoothing) - Math.log(labelSmoothing);
            return LogisticFunction.sigmoid(x) * LogisticFunction.sigmoid(-x) * (x - logOddsOfLabel);
        }
    }

    /// (1 − m)·(−log σ(x)) + m·e^{−x}, m = σ(x/τ): DiscoPOP's log-ratio modulated loss (2406.08414, eq. 5).
    record LogRatioModulated(double tau) implements MarginLoss {
        @Override
        public double value(double x) {
            double modulatedExponential = Math.exp(LogisticFunction.logSigmoid(x / tau) - x);
            return -LogisticFunction.sigmoid(-x / tau) * LogisticFunction.logSigmoid(x) + modulatedExponential;
        }

        @Override
        public double derivative(double x) {
            double off = LogisticFunction.sigmoid(-x / tau);
            double modulation = LogisticFunction.sigmoid(x / tau) * off / tau;
            double modulatedExponential = Math.exp(LogisticFunction.logSigmoid(x / tau) - x);
            return modulation * LogisticFunction.logSigmoid(x)
                    - off * LogisticFunction.sigmoid(-x)
                    + modulatedExponential * (off / tau - 1);
        }
    }

    /// −log σ(x − γ): a logistic loss that asks for a margin γ (SimPO 2405.14734).
    record TargetMargin(double gamma) implements MarginLoss {
        @Override
        public double value(double x) {
            return -LogisticFunction.logSigmoid(x - gamma);
        }

        @Override
        public double derivative(double x) {
            return -LogisticFunction.sigmoid(gamma - x);
        }
    }
}
