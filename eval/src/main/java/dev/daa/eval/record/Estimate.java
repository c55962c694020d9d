package dev.daa.eval.record;

import java.util.Collection;
import java.util.List;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/// A measured mean with two descriptions of its error, in the unit of what was measured; NaN stands for "not measured".
///
/// Seeds can agree by chance, and what they add to the errors of their prompts has no measure but their spread. So a
/// mean counts as different from 0 only where both descriptions say so, which is wrong no more often than Student's t
/// over seeds alone, whatever share of the variance the prompts have. To go by the greater of the two standard errors
/// would be wrong up to 13 % of the time with two seeds where 5 % are meant.
///
/// @param measured standard error that the measurements' own errors imply, over hundreds of prompts: as good as known
/// @param seeds what the spread between seeds implies; the same as `measured` where no seeds were compared
public record Estimate(double mean, double measured, Spread seeds) {
    /// Standard errors from the mean to either end of a 95 % interval.
    public static final double NORMAL_95 = 1.96;

    public static final Estimate MISSING = new Estimate(Double.NaN, Double.NaN);

    /// A standard error that is itself estimated.
    ///
    /// @param freedom its degrees of freedom, n − 1 for the spread of n seeds
    public record Spread(double error, double freedom) {
        public Spread {
            requireNotNegative(error);
            if (!(freedom > 0)) {
                throw new IllegalArgumentException("degrees of freedom are " + freedom + ", they must be positive");
            }
        }

        private static Spread known(double error) {
            return new Spread(error, Double.POSITIVE_INFINITY);
        }

        /// Of the sum of two independent quantities: errors add in quadrature, and the degrees of freedom are
        /// those of Welch and Satterthwaite, (a² + b²)² / (a⁴/ν_a + b⁴/ν_b) of the errors a, b.
        private Spread plus(Spread other) {
            double one = square(zeroIfUnknown(error));
            double two = square(zeroIfUnknown(other.error));
            double spread = one * one / freedom + two * two / other.freedom;
            return new Spread(
                    Math.sqrt(one + two), spread == 0 ? Double.POSITIVE_INFINITY : square(one + two) / spread);
        }

        private Spread times(double factor) {
            return new Spread(Math.abs(factor) * error, freedom);
        }

        private double half() {
            return zeroIfUnknown(error)
                    * (Double.isInfinite(freedom)
                            ? NORMAL_95
                            : new TDistribution(freedom).inverseCumulativeProbability(0.975));
        }

        /// The z of a normal distribution that is as improbable as mean/error is by Student's t.
        private double z(double mean) {
            double t = inErrors(mean, error);
            if (Double.isInfinite(freedom) || Double.isInfinite(t) || Double.isNaN(t)) {
                return t;
            }
            double tail = new TDistribution(freedom).cumulativeProbability(-Math.abs(t));
            return Math.signum(t) * -new NormalDistribution(0, 1).inverseCumulativeProbability(tail);
        }
    }

    public Estimate {
        requireNotNegative(measured);
    }

    /// A mean whose standard error is as good as known.
    public Estimate(double mean, double standardError) {
        this(mean, standardError, Spread.known(standardError));
    }

    /// A number known without error.
    public static Estimate exact(double value) {
        return new Estimate(value, 0);
    }

    public boolean isMissing() {
        return Double.isNaN(mean);
    }

    /// The greater of the two standard errors, which reports give after ±; NaN where none was recorded.
    public double standardError() {
        return Math.max(measured, seeds.error);
    }

    /// The standard error, or 0 where none was recorded.
    public double errorOrZero() {
        return zeroIfUnknown(standardError());
    }

    public Estimate plus(double offset) {
        return new Estimate(mean + offset, measured, seeds);
    }

    /// The sum with another, independent estimate.
    public Estimate plus(Estimate other) {
        return new Estimate(
                mean + other.mean,
                Math.hypot(zeroIfUnknown(measured), zeroIfUnknown(other.measured)),
                seeds.plus(other.seeds));
    }

    /// 0, as uncertain as this.
    public Estimate atZero() {
        return new Estimate(0, measured, seeds);
    }

    /// This times a number.
    public Estimate times(double factor) {
        return new Estimate(factor * mean, Math.abs(factor) * measured, seeds.times(factor));
    }

    /// This minus another, independent estimate.
    public Estimate minus(Estimate other) {
        return plus(other.times(-1));
    }

    /// The natural logarithm of a positive quantity, with the error carried to first order: se/mean.
    public Estimate log() {
        return mean > 0 ? new Estimate(Math.log(mean), zeroIfUnknown(measured) / mean, seeds.times(1 / mean)) : MISSING;
    }

    /// How far the mean lies from 0 in standard errors, by the description that it lies less far by; of a spread,
    /// the z of a normal distribution that is as improbable as mean/error is by Student's t. ±∞ for an exact number
    /// other than 0, and 0 for an exact 0.
    public double z() {
        double overPrompts = inErrors(mean, measured);
        double overSeeds = seeds.z(mean);
        return Math.abs(overPrompts) < Math.abs(overSeeds) ? overPrompts : overSeeds;
    }

    /// Half the width of the 95 % interval, the wider one of 1.96 standard errors over prompts and Student's t over
    /// seeds.
    public double half() {
        return Math.max(NORMAL_95 * zeroIfUnknown(measured), seeds.half());
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

    /// The mean over seeds with both descriptions of its error: the one that the measurements' own errors imply,
    /// √Σse²/n, and the one that the spread between seeds implies, s/√n with n − 1 degrees of freedom (n ≥ 2).
    /// Missing members are left out.
    public static Estimate average(List<Estimate> estimates) {
        int n = 0;
        double sum = 0;
        double variance = 0;
        for (Estimate estimate : estimates) {
            if (!estimate.isMissing()) {
                n++;
                sum += estimate.mean;
                variance += square(zeroIfUnknown(estimate.measured));
            }
        }
        if (n == 0) {
            return MISSING;
        }
        double mean = sum / n;
        double squares = 0;
        for (Estimate estimate : estimates) {
            if (!estimate.isMissing()) {
                squares += square(estimate.mean - mean);
            }
        }
        double within = Math.sqrt(variance) / n;
        return n == 1
                ? new Estimate(mean, within)
                : new Estimate(mean, within, new Spread(Math.sqrt(squares / (n - 1) / n), n - 1));
    }

    private static double inErrors(double mean, double error) {
        return mean == 0 ? 0 : mean / zeroIfUnknown(error);
    }

    private static double zeroIfUnknown(double error) {
        return Double.isNaN(error) ? 0 : error;
    }

    private static double square(double value) {
        return value * value;
    }

    private static void requireNotNegative(double error) {
        if (error < 0) {
            throw new IllegalArgumentException("standard error is " + error + ", it must not be negative");
        }
    }
}
