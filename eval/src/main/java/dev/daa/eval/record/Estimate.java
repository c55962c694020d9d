package dev.daa.eval.record;

import java.util.Collection;
import java.util.List;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/// A measured mean and its standard error, in the unit of what was measured; NaN stands for "not measured".
///
/// @param freedom degrees of freedom of the standard error: infinite where it comes from hundreds of prompts, n − 1
///     where from the spread of n seeds
public record Estimate(double mean, double standardError, double freedom) {
    /// Standard errors from the mean to either end of a 95 % interval.
    public static final double NORMAL_95 = 1.96;

    public static final Estimate MISSING = new Estimate(Double.NaN, Double.NaN);

    public Estimate {
        if (standardError < 0) {
            throw new IllegalArgumentException("standard error is " + standardError + ", it must not be negative");
        }
        if (!(freedom > 0)) {
            throw new IllegalArgumentException("degrees of freedom are " + freedom + ", they must be positive");
        }
    }

    /// A mean whose standard error is as good as known.
    public Estimate(double mean, double standardError) {
        this(mean, standardError, Double.POSITIVE_INFINITY);
    }

    /// A number known without error.
    public static Estimate exact(double value) {
        return new Estimate(value, 0);
    }

    public boolean isMissing() {
        return Double.isNaN(mean);
    }

    /// The standard error, or 0 where none was recorded.
    public double errorOrZero() {
        return Double.isNaN(standardError) ? 0 : standardError;
    }

    public Estimate plus(double offset) {
        return new Estimate(mean + offset, standardError, freedom);
    }

    /// The sum with another, independent estimate: errors add in quadrature, and the degrees of freedom are those
    /// of Welch and Satterthwaite, (a² + b²)² / (a⁴/ν_a + b⁴/ν_b) of the errors a, b.
    public Estimate plus(Estimate other) {
        double one = errorOrZero() * errorOrZero();
        double two = other.errorOrZero() * other.errorOrZero();
        double spread = one * one / freedom + two * two / other.freedom;
        return new Estimate(
                mean + other.mean,
                Math.sqrt(one + two),
                spread == 0 ? Double.POSITIVE_INFINITY : (one + two) * (one + two) / spread);
    }

    /// 0, as uncertain as this.
    public Estimate atZero() {
        return new Estimate(0, standardError, freedom);
    }

    /// This times a number.
    public Estimate times(double factor) {
        return new Estimate(factor * mean, Math.abs(factor) * standardError, freedom);
    }

    /// This minus another, independent estimate.
    public Estimate minus(Estimate other) {
        return plus(other.times(-1));
    }

    /// The natural logarithm of a positive quantity, with the error carried to first order: se/mean.
    public Estimate log() {
        return mean > 0 ? new Estimate(Math.log(mean), errorOrZero() / mean, freedom) : MISSING;
    }

    /// How far the mean lies from 0: in standard errors where they are known, else the z of a normal distribution
    /// that is as improbable as mean/se is by Student's t. ±∞ for an exact number other than 0, and 0 for an exact
    /// 0.
    public double z() {
        double t = mean == 0 ? 0 : mean / errorOrZero();
        if (Double.isInfinite(freedom) || Double.isInfinite(t) || Double.isNaN(t)) {
            return t;
        }
        double tail = new TDistribution(freedom).cumulativeProbability(-Math.abs(t));
        return Math.signum(t) * -new NormalDistribution(0, 1).inverseCumulativeProbability(tail);
    }

    /// Half the width of the 95 % interval: 1.96 standard errors, or Student's t of them.
    public double half() {
        return errorOrZero()
                * (Double.isInfinite(freedom)
                        ? NORMAL_95
                        : new TDistribution(freedom).inverseCumulativeProbability(0.975));
    }

    /// The lower end of the 95 % interval.
    public double low() {
        return mean - half();
    }

    /// The upper end of the 95 % interval.
    public double high() {
        return mean + half();
    }

    /// The mean over seeds ([#average]) of each seed's own mean over some settings, as values of β: runs of one
    /// seed share SFT model and pairs, so that a seed counts once, and the spread over settings is no error.
    /// Missing for a seed with a missing setting.
    public static Estimate averageBySeed(Collection<List<Estimate>> seeds) {
        return average(seeds.stream()
                .map(ofSeed -> ofSeed.stream()
                        .reduce(Estimate::plus)
                        .map(sum -> sum.times(1.0 / ofSeed.size()))
                        .orElse(MISSING))
                .toList());
    }

    /// The mean over seeds with the greater of two standard errors: the one that the measurements' own errors
    /// imply, √Σse²/n, and the one that the spread between seeds implies, s/√n (n ≥ 2), which has n − 1 degrees of
    /// freedom. Missing members are left out.
    public static Estimate average(List<Estimate> estimates) {
        int n = 0;
        double sum = 0;
        double variance = 0;
        for (Estimate estimate : estimates) {
            if (!estimate.isMissing()) {
                n++;
                sum += estimate.mean;
                variance += estimate.errorOrZero() * estimate.errorOrZero();
            }
        }
        if (n == 0) {
            return MISSING;
        }
        double mean = sum / n;
        double squares = 0;
        for (Estimate estimate : estimates) {
            if (!estimate.isMissing()) {
                squares += (estimate.mean - mean) * (estimate.mean - mean);
            }
        }
        double between = n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0;
        double within = Math.sqrt(variance) / n;
        return between > within ? new Estimate(mean, between, n - 1) : new Estimate(mean, within);
    }
}
