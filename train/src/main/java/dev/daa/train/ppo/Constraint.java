package dev.daa.train.ppo;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.rollout.RewardShaping;
import dev.daa.train.run.Metrics;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Constrained reinforcement, the ξ-PPO of Moskovitz et al. (2310.04373): as near to the reference as can be while the
/// mean score v_i of every reward model is its proxy point θ_i, `max −β·KL(π‖π_ref) s.t. v_i = θ_i`.
///
/// With multipliers ξ_i and weights `w_i = tanh ξ_i` responses score `Σ_i w_i·r_i`, and the KL penalty counts N − Σ_i
/// w_i times, N being how many there are. Each step ends with one of SGD on `Σ_i (v_i − θ_i)·tanh ξ_i`: a weight grows
/// while its score is too low, and falls, below 0 if need be, while it is too high. Momentum is 0.1, and gradients
/// beyond norm 0.5 are scaled to it, as in the authors' code.
///
/// What a run remembers are the ξ_i and behind them their momenta, all 0 at first.
public record Constraint(
        @Setting("θ_i, the mean score at which each reward model is to be held, or one for all of them as one reward")
        List<Double> proxyPoints,

        @Setting(
                value = "learning rate of the multipliers, one update a step; where they swing about, less",
                byDefault = "0.02")
        double multiplierRate) {
    private static final double MOMENTUM = 0.1;
    private static final double LONGEST = 0.5;
    /// As PyTorch's clipping has it.
    private static final double EPSILON = 1e-6;

    public Constraint {
        proxyPoints = List.copyOf(proxyPoints);
        if (proxyPoints.isEmpty() || !proxyPoints.stream().allMatch(Double::isFinite)) {
            throw new InputException("proxy_points is " + proxyPoints + ", expected at least one, finite numbers");
        }
        if (!(multiplierRate > 0) || Double.isInfinite(multiplierRate)) {
            throw new InputException("multiplier_rate is " + multiplierRate + ", expected a finite number above 0");
        }
    }

    /// Refuses settings that leave it without an objective, or its scores without a unit.
    void requireUse(
            double klCoefficient,
            double klTarget,
            @Nullable PolicyDivergence divergence,
            boolean unitVariance,
            @Nullable RewardShaping shaping) {
        if (klCoefficient == 0) {
            throw new InputException("kl_coefficient is 0.0 with a constraint, expected more than 0: to stay near the"
                    + " reference is the objective");
        }
        if (klTarget > 0) {
            throw new InputException("kl_target is " + klTarget + " with a constraint, expected 0: the multipliers"
                    + " decide how often the KL penalty counts");
        }
        if (divergence == PolicyDivergence.CHI2) {
            throw new InputException("divergence is chi2 with a constraint, expected kl or null: √χ² grows in"
                    + " proportion to what is gained, so that at the right multiplier all gains are worth the same and"
                    + " none is held");
        }
        if (shaping != null || (unitVariance && count() > 1)) {
            throw new InputException((shaping != null ? "shaping" : "unit_variance") + " is set with proxy_points "
                    + proxyPoints + ", expected it absent: each is a mean of the scores themselves");
        }
    }

    /// N.
    public int count() {
        return proxyPoints.size();
    }

    /// How many numbers a run remembers.
    int remembered() {
        return 2 * count();
    }

    /// The w_i.
    ///
    /// @param state of the run, with what it remembers from `at`
    double[] weights(double[] state, int at) {
        double[] weights = new double[count()];
        Arrays.setAll(weights, i -> Math.tanh(state[at + i]));
        return weights;
    }

    /// How often the penalty counts.
    static double ofPenalty(double[] weights) {
        return weights.length - Arrays.stream(weights).sum();
    }

    /// Adds what each reward model scored, what it is to score, and its weight, from 1.
    void addTo(Metrics metrics, double[] weights, double[] values) {
        for (int i = 0; i < count(); i++) {
            metrics.with("constraint/value_" + (i + 1), values[i])
                    .with("constraint/target_" + (i + 1), proxyPoints.get(i))
                    .with("constraint/multiplier_" + (i + 1), weights[i]);
        }
    }

    /// Makes one update of the multipliers.
    ///
    /// @param values the v_i of the step
    void update(double[] state, int at, double[] values) {
        double[] weights = weights(state, at);
        double[] gradient = new double[count()];
        Arrays.setAll(gradient, i -> (values[i] - proxyPoints.get(i)) * (1 - weights[i] * weights[i]));
        double norm = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
        double scale = Math.min(1, LONGEST / (norm + EPSILON));
        for (int i = 0; i < gradient.length; i++) {
            int momentum = at + count() + i;
            state[momentum] = MOMENTUM * state[momentum] + scale * gradient[i];
            state[at + i] -= multiplierRate * state[momentum];
        }
    }
}
