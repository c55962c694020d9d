package dev.daa.eval.analysis;

import java.util.Optional;

/// How an estimate changes with the logarithm of a size: value = level + slope·(log₁₀ size − centre), weighted by
/// 1/se². Errors are those that the values' own errors imply.
///
/// @param slope change per factor of ten
/// @param slopeError standard error of the slope
/// @param level value at the centre
/// @param centre weighted mean of log₁₀ size
public record Trend(double slope, double slopeError, double level, double centre) {
    /// The trend of estimates at different sizes; empty with fewer than two different sizes, or without an error.
    ///
    /// @param size [n] > 0
    /// @param value [n]
    /// @param standardError [n] > 0
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
        return xx > 1e-9 * weights
                ? Optional.of(new Trend(xy / xx, 1 / Math.sqrt(xx), level, centre))
                : Optional.empty();
    }

    public double at(double size) {
        return level + slope * (Math.log10(size) - centre);
    }
}
