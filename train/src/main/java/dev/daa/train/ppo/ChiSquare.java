package dev.daa.train.ppo;

import dev.daa.train.estimate.ClusteredMean;
import dev.daa.train.rollout.Rollout;
import java.util.Arrays;
import java.util.stream.IntStream;

/// χ²(π‖π_ref) over whole responses, from the policy's own samples (Laidlaw et al. 2403.03185).
///
/// With `ℓ = Σ_t (log π − log π_ref)` of a response, `χ² = E_π[e^ℓ] − 1`. The estimate is the mean of
/// `e^ℓ + e^{−ℓ} − 2`, as in the authors' code for language models: `E_π[e^{−ℓ}]` is 1, so the mean has no bias and is
/// never negative. Beyond ±10 exponentials go on as their tangents, as there, so that none overflows; responses out
/// there count for too little.
///
/// @param value the mean over responses
/// @param standardError over prompts
record ChiSquare(double value, double standardError) {
    private static final double LARGEST = 10;
    /// The root has no derivative at 0.
    private static final double LEAST = 1e-4;

    /// @param rollout the responses to each prompt together
    /// @param samples per prompt
    static ChiSquare of(Rollout rollout, int samples) {
        ClusteredMean mean = ClusteredMean.of(
                Arrays.stream(logRatios(rollout))
                        .map(ratio -> excess(ratio) + excess(-ratio))
                        .toArray(),
                IntStream.range(0, rollout.size())
                        .map(response -> response / samples)
                        .toArray());
        return new ChiSquare(mean.mean(), mean.standardError());
    }

    /// √χ², at least 0.01.
    double root() {
        return Math.sqrt(Math.max(value, LEAST));
    }

    /// The rollout with scores less `λ·(e^ℓ − 1)/√χ²`. With the root held fixed the policy gradient of that is the
    /// gradient of λ·√χ²: `∇√χ² = ∇χ²/(2√χ²) = E_π[e^ℓ·∇log π]/√χ²`.
    ///
    /// @param coefficient λ
    Rollout priced(Rollout rollout, double coefficient) {
        double[] score = rollout.score().clone();
        double[] logRatio = logRatios(rollout);
        Arrays.setAll(score, i -> score[i] - coefficient * excess(logRatio[i]) / root());
        return rollout.withScore(score);
    }

    private static double[] logRatios(Rollout rollout) {
        double[] sums = new double[rollout.size()];
        for (int i = 0; i < sums.length; i++) {
            for (int t = rollout.start()[i]; t < rollout.start()[i + 1]; t++) {
                sums[i] += rollout.oldLogProb()[t] - rollout.reference()[t];
            }
        }
        return sums;
    }

    /// e^ℓ − 1, and beyond 10 its tangent there.
    private static double excess(double logRatio) {
        return logRatio < LARGEST ? Math.expm1(logRatio) : Math.exp(LARGEST) * (1 + logRatio - LARGEST) - 1;
    }
}
