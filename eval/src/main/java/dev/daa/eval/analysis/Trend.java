package dev.daa.eval.analysis;

import java.util.Optional;

/// How an estimate changes with the logarithm of a size: value = level + slope·(log₁₀ size − centre), weighted by
/// 1/se². Errors are those that the values' own errors imply.
///
/// @param slope change per factor of ten
/// @param slopeError standard error of the slope
/// @param level value at the centre
/// @param centre weighted mean of log₁₀ size
/// @param bend coefficient of (log₁₀ size)² where the values follow a parabola instead; NaN with two sizes
public record Trend(double slope, double slopeError, double level, double centre, double bend) {
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
        return Optional.of(new Trend(
                xy / xx, 1 / Math.sqrt(xx), level, centre, bend(size, value, standardError, centre, level, xx)));
    }

    /// Σw·q·value / Σw·q², with q = x² less what a line takes of it: the parabola that is orthogonal to every line.
    private static double bend(
            double[] size, double[] value, double[] standardError, double centre, double level, double xx) {
        double weights = 0;
        double square = 0;
        double cube = 0;
        for (int i = 0; i < size.length; i++) {
            double weight = 1 / (standardError[i] * standardError[i]);
            double x = Math.log10(size[i]) - centre;
            weights += weight;
            square += weight * x * x;
            cube += weight * x * x * x;
        }
        double above = 0;
        double below = 0;
        for (int i = 0; i < size.length; i++) {
            double weight = 1 / (standardError[i] * standardError[i]);
            double x = Math.log10(size[i]) - centre;
            double parabola = x * x - cube / xx * x - square / weights;
            above += weight * parabola * (value[i] - level);
            below += weight * parabola * parabola;
        }
        return below > 1e-9 * xx * xx / weights ? above / below : Double.NaN;
    }

    public double at(double size) {
        return level + slope * (Math.log10(size) - centre);
    }
}
