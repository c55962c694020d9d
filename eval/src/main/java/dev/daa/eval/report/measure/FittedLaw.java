package dev.daa.eval.report.measure;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.daa.eval.record.Estimate;
import java.util.List;

/// A law of reward against distance, fitted to the checkpoints of one objective and size: an entry of `fits.json`.
///
/// Fitted is R = reward − origin, to all β and seeds together. Infinite and unknown numbers are NaN here and `null` in
/// the file.
///
/// @param objective the objective whose runs were pooled
/// @param size label of the model size
/// @param reward `gold` or `win_rate`
/// @param law key of the [dev.daa.eval.curve.Law]: `rl` d(α − β log d), `bon` d(α − β d), and with a free intercept
///   `quadratic_kl` a·KL² + b·KL + c and `quadratic_distance` a·d² + b·d + c
/// @param origin the mean reward of the SFT policy, added back in [#curve]
/// @param coefficients in the law's order
/// @param peakDistance d at which the law is greatest, with its interval
/// @param peakReward R there, with its interval
/// @param rmse root mean squared residual, in units of the reward
/// @param looRmse the same with every run predicted from a fit without it
/// @param looSquares `[runs]` the sum of those squared errors of each run, in one order for all laws of an objective,
///   size and reward; empty where some fit without a run is not determined
/// @param aic n·log(RSS/n) + 2·(number of coefficients); less is better, comparable within one objective and reward;
///   unknown where the points cannot contradict the law
/// @param extrapolationSplit the distance below which the points of the extrapolation test were fitted
/// @param extrapolationRmse root mean squared error of the prediction of the points beyond
/// @param points checkpoints fitted
/// @param runs runs that they come from, which the bootstrap draws from
/// @param curve the law over the distances measured, with its pointwise 95 % interval
public record FittedLaw(
        String objective,
        String size,
        String reward,
        String law,
        double origin,
        List<Coefficient> coefficients,
        @JsonProperty("peak_distance") Range peakDistance,
        @JsonProperty("peak_reward") Range peakReward,
        double rmse,
        @JsonProperty("loo_rmse") double looRmse,
        @JsonProperty("loo_squares") List<Double> looSquares,
        double aic,
        @JsonProperty("extrapolation_split") double extrapolationSplit,
        @JsonProperty("extrapolation_rmse") double extrapolationRmse,
        int points,
        int runs,
        List<CurvePoint> curve) {
    /// A coefficient with the standard error that its interval implies: half of its width, divided by Student's t
    /// of as many clusters as there are runs. NaN without an interval.
    public Estimate estimate(int which) {
        Coefficient coefficient = coefficients.get(which);
        double half = (coefficient.high - coefficient.low) / 2;
        return new Estimate(coefficient.value, runs < 2 ? Double.NaN : half / Significance.student(runs));
    }

    /// A value and its 95 % interval.
    public record Range(double value, double low, double high) {}

    /// A named coefficient with its 95 % interval.
    public record Coefficient(String name, double value, double low, double high) {}

    /// The law at one distance, the origin added back.
    public record CurvePoint(double distance, double reward, double low, double high) {}
}
