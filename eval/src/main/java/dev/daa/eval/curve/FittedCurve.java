package dev.daa.eval.curve;

import java.util.Optional;
import java.util.OptionalDouble;

/// A law fitted to points by least squares, ordinary or weighted by 1/se².
public sealed interface FittedCurve permits LawFit, PowerLaw {

    /// Where a fitted law is greatest.
    ///
    /// @param distance d*, nats^½
    /// @param reward   R(d*), the intercept included
    record Peak(double distance, double reward) {}

    /// What was fitted, in the order of [CurveForm#coefficients].
    double[] coefficients();

    /// R(d) with the intercept.
    double reward(double distance);

    /// d* ≥ 0 at which R is greatest: 0 where it only falls, +∞ where it rises without end.
    double peakDistance();

    /// The distance at which the law, without intercept, is back at 0; empty where it does not return.
    OptionalDouble secondZero();

    /// α of the law written as x(α − β·…): the slope term.
    double alpha();

    /// β of the law written as x(α − β·…): the over-optimisation term.
    double beta();

    /// Points that it was fitted to, n.
    int points();

    /// Residual sum of squares; weighted ones with weights of mean 1.
    double squares();

    /// Root mean squared residual, unweighted, in the unit of the reward.
    double rmse();

    /// The greatest point of the law; empty when it only falls, or rises without end.
    default Optional<Peak> peak() {
        double distance = peakDistance();
        double reward = reward(distance);
        return distance > 0 && Double.isFinite(distance) && Double.isFinite(reward)
                ? Optional.of(new Peak(distance, reward))
                : Optional.empty();
    }

    /// Akaike's criterion for least squares, n·log(RSS/n) + 2k; −∞ for an exact fit. Comparable between laws on the
    /// same points.
    default double aic() {
        return points() * Math.log(squares() / points()) + 2 * coefficients().length;
    }

    /// The Bayesian criterion, n·log(RSS/n) + k·log n; −∞ for an exact fit.
    default double bic() {
        return points() * Math.log(squares() / points()) + coefficients().length * Math.log(points());
    }
}
