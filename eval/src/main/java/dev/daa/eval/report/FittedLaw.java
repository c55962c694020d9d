package dev.daa.eval.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/// A law of reward against distance, fitted to the checkpoints of one objective and size: an entry of `fits.json`.
///
/// Fitted is R = reward − origin, so that R(0) = 0, to all β and seeds together.
///
/// @param objective the objective whose runs were pooled
/// @param size label of the model size
/// @param reward `gold` or `win_rate`
/// @param law `rl`: d(α − β log d); `bon`: d(α − β d); `quadratic_kl`: a·KL² + b·KL; `quadratic_distance`: a·d² + b·d
/// @param origin the reward of the SFT policy, added back where the law is drawn
/// @param coefficients in the law's order
/// @param peakDistance d at which the law is greatest, with its interval
/// @param peakReward R there, with its interval
/// @param rmse root mean squared residual, in units of the reward
/// @param looRmse the same with each run predicted from a fit without it
/// @param aic n·log(RSS/n) + 2·(number of coefficients); less is better, comparable within one objective and reward
/// @param points checkpoints fitted
/// @param runs runs that they come from
/// @param curve the law over the distances measured, with its pointwise 95 % interval
public record FittedLaw(
        String objective,
        String size,
        String reward,
        String law,
        double origin,
        List<Coefficient> coefficients,
        @JsonProperty("peak_distance") Interval peakDistance,
        @JsonProperty("peak_reward") Interval peakReward,
        double rmse,
        @JsonProperty("loo_rmse") double looRmse,
        double aic,
        int points,
        int runs,
        List<CurvePoint> curve) {
    /// A value and the 95 % interval of the bootstrap; NaN where there is none.
    public record Interval(double value, double low, double high) {}

    /// A named coefficient.
    public record Coefficient(String name, double value, double low, double high) {}

    /// The law at one distance, the origin added back.
    public record CurvePoint(double distance, double reward, double low, double high) {}
}
