package dev.daa.train.rollout;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Origin and unit of a reward: `gain·r + bias`. Bradley–Terry determines rewards up to a constant only, and no loss
/// fixes their unit.
public record RewardScale(double gain, double bias) {
    /// Rewards as they are.
    public static final RewardScale IDENTITY = new RewardScale(1, 0);

    /// The scale at which some scores have a given mean μ and standard deviation σ (Ziegler et al. 1909.08593;
    /// Huang et al. 2403.17031, detail 8): `gain = σ/σ_D`, `bias = μ − gain·μ_D`, with μ_D and σ_D (the unbiased
    /// one) of the scores.
    ///
    /// @param scores at least two, not all alike
    public static RewardScale of(double[] scores, double mean, double deviation) {
        double ofScores = Arrays.stream(scores).average().orElse(Double.NaN);
        double squares = 0;
        for (double score : scores) {
            squares += (score - ofScores) * (score - ofScores);
        }
        double spread = Math.sqrt(squares / (scores.length - 1));
        if (!(spread > 0) || Double.isInfinite(spread)) {
            throw new InputException("the reward has a standard deviation of " + spread + " over " + scores.length
                    + " samples of the reference, expected a positive number; it cannot be brought to unit variance");
        }
        double gain = deviation / spread;
        return new RewardScale(gain, mean - gain * ofScores);
    }

    /// The reward at this scale.
    public double apply(double reward) {
        return gain * reward + bias;
    }

    /// Another reward at this scale; closing it closes that.
    public ResponseReward applied(ResponseReward reward) {
        return new Scaled(reward, this);
    }

    private record Scaled(ResponseReward reward, RewardScale scale) implements ResponseReward {
        @Override
        public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
            return Arrays.stream(reward.score(responses, cancelled))
                    .map(scale::apply)
                    .toArray();
        }

        @Override
        public void close() {
            reward.close();
        }
    }
}
