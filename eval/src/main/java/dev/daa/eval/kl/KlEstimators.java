package dev.daa.eval.kl;

import dev.daa.train.estimate.ClusteredMean;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/// KL of whole responses from per-token log-probs: a value per token, summed over each sequence, averaged over
/// sequences.
///
/// With ℓ = log π(y_t | ·) − log π_ref(y_t | ·) (Schulman 2020, "Approximating KL divergence"):
///
/// - k1 = ℓ
/// - k2 = ½ℓ²
/// - k3 = e^{−ℓ} − 1 + ℓ
///
/// The token sums of k1, k3 and the exact token KL are unbiased for the KL of sequences, since a prefix is itself a
/// sample of the policy. k3 of a whole sequence's ℓ would be unbiased too, but its variance explodes with length.
public final class KlEstimators {
    /// Below this |ℓ| the closed form of k3 has lost half its digits and its series has not.
    private static final double SERIES_BOUND = 1e-4;

    private KlEstimators() {}

    /// k1 of KL(π‖π_ref).
    ///
    /// @param policySamples log-probs of responses sampled from π
    public static KlEstimate k1(SequenceLogProbs policySamples) {
        return ofLogRatios(KlEstimator.K1, policySamples, logRatio -> logRatio);
    }

    /// k2 of KL(π‖π_ref).
    ///
    /// @param policySamples log-probs of responses sampled from π
    public static KlEstimate k2(SequenceLogProbs policySamples) {
        return ofLogRatios(KlEstimator.K2, policySamples, logRatio -> 0.5 * logRatio * logRatio);
    }

    /// k3 of KL(π‖π_ref), token-wise.
    ///
    /// @param policySamples log-probs of responses sampled from π
    public static KlEstimate k3(SequenceLogProbs policySamples) {
        return ofLogRatios(KlEstimator.K3, policySamples, KlEstimators::k3);
    }

    /// k1 of KL(π_ref‖π): −ℓ.
    ///
    /// @param referenceSamples log-probs of responses sampled from π_ref
    public static KlEstimate forward(SequenceLogProbs referenceSamples) {
        return ofLogRatios(KlEstimator.FORWARD, referenceSamples, logRatio -> -logRatio);
    }

    /// KL(π‖π_ref) from the exact divergence of the next-token distributions at every position.
    ///
    /// @param start [sequences + 1] first packed position of each sequence
    /// @param tokenKl `[positions]` Σ_v π(v | prefix)·(log π(v | prefix) − log π_ref(v | prefix)) on samples of π,
    ///   in nats
    /// @param prompt `[sequences]` number of each sequence's prompt
    public static KlEstimate exact(int[] start, double[] tokenKl, int[] prompt) {
        return ofTokenKl(KlEstimator.EXACT, start, tokenKl, prompt);
    }

    /// The same for sequences to distinct prompts.
    public static KlEstimate exact(int[] start, double[] tokenKl) {
        return exact(start, tokenKl, IntStream.range(0, start.length - 1).toArray());
    }

    /// KL(π_ref‖π) from the exact divergence of the next-token distributions at every position.
    ///
    /// @param tokenKl `[positions]` Σ_v π_ref(v | prefix)·(log π_ref(v | prefix) − log π(v | prefix)) on samples of
    ///   π_ref
    public static KlEstimate forwardExact(int[] start, double[] tokenKl, int[] prompt) {
        return ofTokenKl(KlEstimator.FORWARD_EXACT, start, tokenKl, prompt);
    }

    /// k3 of one token: e^{−ℓ} − 1 + ℓ ≥ 0.
    ///
    /// @param logRatio ℓ = log π − log π_ref
    public static double k3(double logRatio) {
        return Math.abs(logRatio) < SERIES_BOUND
                ? logRatio * logRatio * (0.5 - logRatio / 6)
                : Math.expm1(-logRatio) + logRatio;
    }

    private static KlEstimate ofTokenKl(KlEstimator estimator, int[] start, double[] tokenKl, int[] prompt) {
        Packing.check(start, tokenKl.length, prompt.length);
        Packing.checkFinite("token KL", tokenKl, start);
        return estimate(estimator, start, tokenKl, prompt);
    }

    private static KlEstimate ofLogRatios(
            KlEstimator estimator, SequenceLogProbs samples, DoubleUnaryOperator valueOfLogRatio) {
        double[] values = new double[samples.policy().length];
        for (int position = 0; position < values.length; position++) {
            values[position] =
                    valueOfLogRatio.applyAsDouble(samples.policy()[position] - samples.reference()[position]);
        }
        return estimate(estimator, samples.start(), values, samples.prompt());
    }

    private static KlEstimate estimate(KlEstimator estimator, int[] start, double[] values, int[] prompt) {
        double[] sums = new double[start.length - 1];
        double total = 0;
        for (int i = 0; i < sums.length; i++) {
            for (int position = start[i]; position < start[i + 1]; position++) {
                sums[i] += values[position];
            }
            total += sums[i];
        }
        ClusteredMean mean = ClusteredMean.of(sums, prompt);
        double perToken = values.length == 0 ? 0 : total / values.length;
        return new KlEstimate(estimator, mean.mean(), mean.standardError(), sums.length, perToken);
    }
}
