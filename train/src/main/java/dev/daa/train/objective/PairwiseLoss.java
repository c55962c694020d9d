package dev.daa.train.objective;

/// Losses of the literature that need both log-ratios and not only their difference, as values.
/// ρ_w, ρ_l are the summed log-ratios to the reference unless said otherwise.
public sealed interface PairwiseLoss extends PairFunction {

    /// −log σ(βρ_w) − ½ log σ(−βρ_w) − ½ log σ(−βρ_l): NCA on pairs (2402.05369). Fixed point βρ_w = ln 2.
    record NoiseContrastive(double beta) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            return -LogisticFunction.logSigmoid(beta * chosen)
                    - 0.5 * LogisticFunction.logSigmoid(-beta * chosen)
                    - 0.5 * LogisticFunction.logSigmoid(-beta * rejected);
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return beta * (0.5 * LogisticFunction.sigmoid(beta * chosen) - LogisticFunction.sigmoid(-beta * chosen));
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return beta * 0.5 * LogisticFunction.sigmoid(beta * rejected);
        }
    }

    /// (ρ_w − 1/(2β))² + (ρ_l + 1/(2β))²: SPPO with hard labels (2405.00675, eq. 4.7).
    record SelfPlay(double beta) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            double target = 0.5 / beta;
            return (chosen - target) * (chosen - target) + (rejected + target) * (rejected + target);
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return 2 * (chosen - 0.5 / beta);
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return 2 * (rejected + 0.5 / beta);
        }
    }

    /// 1 − σ(βρ_w) + σ(βρ_l): APO-zero (2408.06266, eq. 7).
    record AnchoredZero(double beta) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            return LogisticFunction.sigmoid(-beta * chosen) + LogisticFunction.sigmoid(beta * rejected);
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return -beta * LogisticFunction.slope(beta * chosen);
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return beta * LogisticFunction.slope(beta * rejected);
        }
    }

    /// σ(βρ_w) + 1 − σ(β(ρ_w − ρ_l)): APO-down (2408.06266, eq. 8).
    record AnchoredDown(double beta) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            return LogisticFunction.sigmoid(beta * chosen) + LogisticFunction.sigmoid(-beta * (chosen - rejected));
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return beta * (LogisticFunction.slope(beta * chosen) - LogisticFunction.slope(beta * (chosen - rejected)));
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return beta * LogisticFunction.slope(beta * (chosen - rejected));
        }
    }

    /// −log σ(β(ρ_w − ρ_l − λ·max(0, −ρ_w))): DPO-positive, Smaug (2402.13228).
    record Positive(double beta, double lambda) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            return -LogisticFunction.logSigmoid(argument(chosen, rejected));
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            double slope = chosen < 0 ? 1 + lambda : 1;
            return -beta * slope * LogisticFunction.sigmoid(-argument(chosen, rejected));
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return beta * LogisticFunction.sigmoid(-argument(chosen, rejected));
        }

        private double argument(double chosen, double rejected) {
            return beta * (chosen - rejected - lambda * Math.max(0, -chosen));
        }
    }

    /// −log σ(clip(β[φ(e^{ρ_w}) − φ(e^{ρ_l})], ±2R)), φ(z) = z + log z: χPO (2407.13399, algorithm 1).
    /// Outside the clip the derivative is 0, as in the paper.
    record ChiSquared(double beta, double maximumReward) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            double limit = 2 * maximumReward;
            return -LogisticFunction.logSigmoid(Math.clamp(argument(chosen, rejected), -limit, limit));
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return outer(chosen, rejected) * (BoundedExponential.derivative(chosen) + 1);
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return -outer(chosen, rejected) * (BoundedExponential.derivative(rejected) + 1);
        }

        private double outer(double chosen, double rejected) {
            double argument = argument(chosen, rejected);
            return Math.abs(argument) < 2 * maximumReward ? -beta * LogisticFunction.sigmoid(-argument) : 0;
        }

        private double argument(double chosen, double rejected) {
            return beta * (BoundedExponential.value(chosen) + chosen - BoundedExponential.value(rejected) - rejected);
        }
    }

    /// −log σ(β(s(ρ_w) − s(ρ_l))), s the derivative of an f-divergence in terms of ρ: f-DPO (2309.16240).
    record Divergent(double beta, Divergence divergence) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            return -LogisticFunction.logSigmoid(argument(chosen, rejected));
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return -beta * LogisticFunction.sigmoid(-argument(chosen, rejected)) * divergence.slope(chosen);
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return beta * LogisticFunction.sigmoid(-argument(chosen, rejected)) * divergence.slope(rejected);
        }

        private double argument(double chosen, double rejected) {
            return beta * (divergence.score(chosen) - divergence.score(rejected));
        }
    }

    /// −log σ(β(r_w − r_l) − γ), r = (1 − p^{−α})/α with p the geometric mean of the token probabilities: AlphaPO
    /// (2501.03884). Arguments are log p. α → 0 is SimPO.
    record AlphaReward(double beta, double gamma, double alpha) implements PairwiseLoss {
        @Override
        public double value(double chosen, double rejected) {
            return -LogisticFunction.logSigmoid(argument(chosen, rejected));
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return -beta * LogisticFunction.sigmoid(-argument(chosen, rejected)) * slope(chosen);
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return beta * LogisticFunction.sigmoid(-argument(chosen, rejected)) * slope(rejected);
        }

        private double argument(double chosen, double rejected) {
            return beta * (reward(chosen) - reward(rejected)) - gamma;
        }

        private double reward(double logProb) {
            return alpha == 0 ? logProb : -BoundedExponential.valueMinusOne(-alpha * logProb) / alpha;
        }

        private double slope(double logProb) {
            return alpha == 0 ? 1 : BoundedExponential.derivative(-alpha * logProb);
        }
    }

    /// −log p_w − λ log σ(log odds_w − log odds_l), odds = p/(1 − p), p the geometric mean of the token
    /// probabilities: ORPO (2403.07691, eq. 4 and 7). Arguments are log p, which must be negative; above −10⁻¹²
    /// they count as −10⁻¹².
    record OddsRatio(double lambda) implements PairwiseLoss {
        private static final double NEAREST_TO_ZERO = -1e-12;

        @Override
        public double value(double chosen, double rejected) {
            return -chosen - lambda * LogisticFunction.logSigmoid(logOdds(chosen) - logOdds(rejected));
        }

        @Override
        public double dChosen(double chosen, double rejected) {
            return -1 - lambda * LogisticFunction.sigmoid(logOdds(rejected) - logOdds(chosen)) * slope(chosen);
        }

        @Override
        public double dRejected(double chosen, double rejected) {
            return lambda * LogisticFunction.sigmoid(logOdds(rejected) - logOdds(chosen)) * slope(rejected);
        }

        private static double logOdds(double logProb) {
            double bounded = Math.min(logProb, NEAREST_TO_ZERO);
            return bounded - Math.log(-Math.expm1(bounded));
        }

        private static double slope(double logProb) {
            return logProb > NEAREST_TO_ZERO ? 0 : -1 / Math.expm1(logProb);
        }
    }
}
