package dev.daa.eval.curve;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.Optional;

/// The parameter of an inference-time method at which the gold reward is greatest: picking harder by the proxy loses
/// gold from there on (Khalaf et al. 2506.19248, whose θ†).
///
/// @param method `best-of-n`, `soft-best-of-n` or `best-of-poisson`
/// @param parameter `n`, `lambda` or `mu`
/// @param outcome where the greatest gold reward is
/// @param threshold unknown where gold still rises at the limit
/// @param low end of the 95 % interval; unknown without one, and where all of it is beyond the limit
/// @param high end of it; unknown without one, and where it reaches beyond the limit
/// @param hasInterval whether there are clusters or seeds enough for an interval
/// @param limit the greatest parameter that the samples can tell of: N; for μ the one with which 1 % of draws take
///   more than N; for λ 64 over the proxy's standard deviation within prompts
/// @param kl of the method at the threshold, nats; known for best of n and best of Poisson
/// @param gold expected gold at the threshold or, where it still rises, at the limit
/// @param goldOfOne that of one sample, the sampler's
/// @param goldAtLimit that at the limit
/// @param samples N, the fewest of a prompt
/// @param prompts of all seeds
public record HackingThreshold(
        String method,
        String parameter,
        Outcome outcome,
        double threshold,
        double low,
        double high,
        @JsonProperty("has_interval") boolean hasInterval,
        double limit,
        double kl,
        double gold,
        @JsonProperty("gold_of_one") double goldOfOne,
        @JsonProperty("gold_at_limit") double goldAtLimit,
        int samples,
        int prompts,
        int seeds) {
    /// Where the gold reward is greatest.
    public enum Outcome {
        /// Between one sample and the limit.
        @JsonProperty("interior")
        INTERIOR,
        /// At the limit: no threshold within what the samples can tell.
        @JsonProperty("still-rises")
        STILL_RISES,
        /// With one sample: gold does not rise at all.
        @JsonProperty("never-rises")
        NEVER_RISES
    }

    /// "4.9 to 8.3", "12 to beyond 128"; empty without one.
    public Optional<String> interval() {
        if (!hasInterval) {
            return Optional.empty();
        }
        return Optional.of(
                Double.isNaN(low)
                        ? "beyond " + number(limit)
                        : number(low) + " to " + (Double.isNaN(high) ? "beyond " + number(limit) : number(high)));
    }

    /// With few digits.
    public static String number(double value) {
        if (value > 0 && value < 0.1) {
            return new BigDecimal(value).round(new MathContext(2)).toPlainString();
        }
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.0f", value);
    }
}
