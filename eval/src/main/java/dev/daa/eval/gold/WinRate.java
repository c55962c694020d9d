package dev.daa.eval.gold;

import dev.daa.train.estimate.ClusteredMean;

/// How often a policy's response beats an opponent's (the data's reference response, a sample of the SFT policy) to the
/// same prompt; a tie is half a win.
///
/// The interval is Wilson's (1927): with p the rate, n the comparisons and z the normal quantile,
///
/// - (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
///
/// Ties vary less than wins and losses, so it errs on the wide side. Where prompts have several comparisons, n is the
/// effective number p(1 − p)/SE², at most the comparisons made; if SE is 0, the number of prompts.
///
/// @param rate (wins + ties/2) / comparisons
/// @param standardError of the rate, clustered by prompt; NaN with a single prompt
/// @param low lower end of the 95 % Wilson interval
/// @param high upper end
public record WinRate(double rate, double standardError, double low, double high, int wins, int ties, int losses) {
    /// Normal quantile of a two-sided 95 % interval.
    private static final double Z = 1.959963984540054;

    /// Win rate with one comparison per prompt.
    ///
    /// @param policy `[N]` gold rewards of the policy's responses
    /// @param opponent `[N]` gold rewards of the opponent's responses to the same prompts
    public static WinRate of(double[] policy, double[] opponent) {
        int[] prompt = new int[policy.length];
        for (int k = 0; k < prompt.length; k++) {
            prompt[k] = k;
        }
        return of(policy, opponent, prompt);
    }

    /// Win rate with several comparisons per prompt.
    ///
    /// @param policy `[N]` gold rewards of the policy's responses
    /// @param opponent `[N]` gold rewards of the opponent's responses to the same prompts
    /// @param prompt `[N]` number of each comparison's prompt
    public static WinRate of(double[] policy, double[] opponent, int[] prompt) {
        if (policy.length != opponent.length) {
            throw new IllegalArgumentException(
                    policy.length + " rewards of the policy, but " + opponent.length + " of the opponent");
        }
        double[] score = new double[policy.length];
        int wins = 0;
        int ties = 0;
        for (int k = 0; k < score.length; k++) {
            if (!Double.isFinite(policy[k]) || !Double.isFinite(opponent[k])) {
                throw new IllegalArgumentException("comparison " + k + " is of " + policy[k] + " with " + opponent[k]);
            }
            score[k] = policy[k] > opponent[k] ? 1 : policy[k] == opponent[k] ? 0.5 : 0;
            wins += policy[k] > opponent[k] ? 1 : 0;
            ties += policy[k] == opponent[k] ? 1 : 0;
        }
        ClusteredMean mean = ClusteredMean.of(score, prompt);
        double rate = mean.mean();
        double n = effectiveComparisons(mean);
        double centre = (rate + Z * Z / (2 * n)) / (1 + Z * Z / n);
        double half = Z / (1 + Z * Z / n) * Math.sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n));
        return new WinRate(
                rate,
                mean.standardError(),
                Math.max(0, centre - half),
                Math.min(1, centre + half),
                wins,
                ties,
                score.length - wins - ties);
    }

    /// Number of comparisons.
    public int comparisons() {
        return wins + ties + losses;
    }

    private static double effectiveComparisons(ClusteredMean mean) {
        if (mean.clusters() == mean.samples()) {
            return mean.samples();
        }
        if (!(mean.standardError() > 0)) {
            return mean.clusters();
        }
        double variance = mean.mean() * (1 - mean.mean());
        return Math.min(mean.samples(), variance / (mean.standardError() * mean.standardError()));
    }
}
