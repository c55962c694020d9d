package dev.daa.eval.analysis;

import java.util.Optional;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;

/// How an estimate changes with the logarithm of a size: value = level + slope·(log₁₀ size − centre), weighted by
/// 1/se². Errors are those that the values' own errors imply.
///
/// @param slope change per factor of ten
/// @param slopeError standard error of the slope
/// @param level value at the centre
/// @param centre weighted mean of log₁₀ size
/// @param misfit Σ((value − line)/se)², which is χ² with `points` − 2 degrees of freedom where the line holds
/// @param points estimates
public record Trend(double slope, double slopeError, double level, double centre, double misfit, int points) {
    /// The trend of estimates at different sizes; empty with fewer than two different sizes, or without an error.
    ///
    /// @param size `[n]` > 0
    /// @param value `[n]`
    /// @param standardError `[n]` > 0
    public static Optional<Trend> of(double[] size, double[] value, double[] standardError) {
        double weights = 0;
        double sumX = 0;
        double sumY = 0;
        for (int i = 0; i < size.length; i++) {
            double weight = 1 / (standardError[i] * standardError[i]);
            if (!Double.isFinite(weight) || !Double.isFinite(value[i]) || !(size[i] > 0)) {
                return Optional.empty();
            }
            weights += weight;
            sumX += weight * Math.log10(size[i]);
            sumY += weight * value[i];
        }
        double centre = sumX / weights;
        double level = sumY / weights;
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < size.length; i++) {
            double weight = 1 / (standardError[i] * standardError[i]);
            double x = Math.log10(size[i]) - centre;
            xx += weight * x * x;
            xy += weight * x * (value[i] - level);
        }
        if (!(xx > 1e-9 * weights)) {
            return Optional.empty();
        }
        double misfit = 0;
        for (int i = 0; i < size.length; i++) {
            double off = (value[i] - level - xy / xx * (Math.log10(size[i]) - centre)) / standardError[i];
            misfit += off * off;
        }
        return Optional.of(new Trend(xy / xx, 1 / Math.sqrt(xx), level, centre, misfit, size.length));
    }

    /// Whether the estimates lie on the line as far as their errors tell: χ² below its 95 % quantile. Two always
    /// do.
    public boolean isLinear() {
        return points < 3 || misfit < new ChiSquaredDistribution(points - 2).inverseCumulativeProbability(0.95);
    }

    public double at(double size) {
        return level + slope * (Math.log10(size) - centre);
    }
}
