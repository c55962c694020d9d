package dev.daa.eval.world;

import java.util.random.RandomGenerator;

/// The labeller of preference pairs: Bradley–Terry on the gold reward, with optional flips.
///
/// P(first ≻ second) = (1 − ε)·σ((g₁ − g₂)/τ) + ε·σ((g₂ − g₁)/τ).
///
/// @param temperature τ > 0 in units of gold reward; 1.3 agrees with the gold order as often as people agree, 74 %
/// @param flipProbability ε in `[0, 1]`, the chance that a drawn label is turned over
public record PreferenceOracle(double temperature, double flipProbability) {
    public PreferenceOracle {
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw new IllegalArgumentException(
                    "preference temperature is " + temperature + ", it must be positive and finite");
        }
        if (!(flipProbability >= 0 && flipProbability <= 1)) {
            throw new IllegalArgumentException("flip probability is " + flipProbability + ", it must lie in 0..1");
        }
    }

    /// Probability that the first response is labelled as chosen.
    public double probability(double firstGold, double secondGold) {
        double p = 1 / (1 + Math.exp((secondGold - firstGold) / temperature));
        return (1 - flipProbability) * p + flipProbability * (1 - p);
    }

    /// Draws a label: whether the first response is the chosen one.
    public boolean prefersFirst(double firstGold, double secondGold, RandomGenerator random) {
        return random.nextDouble() < probability(firstGold, secondGold);
    }
}
