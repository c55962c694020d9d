package dev.daa.train.rollout;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import java.util.Arrays;

/// What becomes of a score r beside the scores `r_1 … r_M` of the reference's own responses to the same prompt. All
/// transforms grow with r, so they order the responses to a prompt as r does; what they change is how much a policy
/// gains by a higher one, and on which prompts.
public record RewardShaping(
        @Setting(
                "par: the mean of σ(r − r_j); lsc: log σ(r − q), q being a quantile of the r_j; log-cdf: log F, F being"
                        + " the share of the reference's responses that score no more (vBoN, BOND); exp-cdf: e^{tF}"
                        + " (InfAlign)")
        Transform transform,

        @Setting(value = "M, responses of the reference to each prompt, drawn anew in every step", byDefault = "10")
        int referenceSamples,

        @Setting(value = "which quantile of their scores q is (lsc)", byDefault = "0.85")
        double quantile,

        @Setting(
                value = "t (exp-cdf), -40 to 40: above 0 for best of n, below for worst of n, 0 for F itself",
                byDefault = "10")
        double tilt) {
    /// Of a tilt: e⁴⁰ squared is still a number in fp32, as gradients and their norm are.
    private static final int STEEPEST = 40;

    /// What becomes of a score.
    public enum Transform {
        /// Preference as reward (Fu et al. 2502.18770): `1/M·Σ_j σ(r − r_j)`, the probability that the response
        /// is preferred to one of the reference, by Bradley–Terry.
        PAR,
        /// Log-sigmoid, centred (Wang et al. 2402.00742): `log σ(r − q)`.
        LSC,
        /// `log F` with `F = (1 + #{j: r_j ≤ r})/(M + 1)`: the response itself is counted, so that none earns
        /// −∞. With a KL coefficient of 1/(n − 1) its optimum is the variational best of n (Amini et al.
        /// 2407.06057; Sessa et al. 2407.14622).
        LOG_CDF,
        /// The same F, calibrated and transformed (Balashankar et al. 2412.19792): `sign(t)·e^{tF}`, F itself
        /// for t = 0.
        EXP_CDF
    }

    public RewardShaping {
        if (referenceSamples < 1) {
            throw new InputException("reference_samples is " + referenceSamples + ", expected at least 1");
        }
        if (!(quantile >= 0 && quantile <= 1)) {
            throw new InputException("quantile is " + quantile + ", expected 0 to 1");
        }
        if (!(Math.abs(tilt) <= STEEPEST)) {
            throw new InputException("tilt is " + tilt + ", expected -" + STEEPEST + " to " + STEEPEST
                    + ": a response earns up to e^tilt");
        }
    }

    /// The shaped score.
    ///
    /// @param reference `[M]` scores of the reference's responses to the prompt
    public double shaped(double score, double[] reference) {
        return switch (transform) {
            case PAR ->
                Arrays.stream(reference)
                        .map(other -> 1 / (1 + Math.exp(other - score)))
                        .average()
                        .orElseThrow();
            case LSC -> logSigmoid(score - quantile(reference));
            case LOG_CDF -> Math.log(share(score, reference));
            case EXP_CDF ->
                tilt == 0 ? share(score, reference) : Math.signum(tilt) * Math.exp(tilt * share(score, reference));
        };
    }

    /// F.
    private static double share(double score, double[] reference) {
        long below = Arrays.stream(reference).filter(other -> other <= score).count();
        return (1.0 + below) / (reference.length + 1);
    }

    /// Between the two scores beside it, linearly, as NumPy and PyTorch have it.
    private double quantile(double[] reference) {
        double[] sorted = reference.clone();
        Arrays.sort(sorted);
        double place = quantile * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    private static double logSigmoid(double x) {
        return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
    }
}
