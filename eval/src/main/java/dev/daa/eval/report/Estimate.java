package dev.daa.eval.report;

import java.util.List;

/// A measured mean and its standard error, in the unit of what was measured; NaN stands for "not measured".
public record Estimate(double mean, double standardError) {
    public static final Estimate MISSING = new Estimate(Double.NaN, Double.NaN);

    public Estimate {
        if (standardError < 0) {
            throw new IllegalArgumentException("standard error is " + standardError + ", it must not be negative");
        }
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
        return new Estimate(mean + offset, standardError);
    }

    /// This minus another, independent estimate: errors add in quadrature.
    public Estimate minus(Estimate other) {
        return new Estimate(mean - other.mean, Math.hypot(errorOrZero(), other.errorOrZero()));
    }

    /// The natural logarithm of a positive quantity, with the error carried to first order: se/mean.
    public Estimate log() {
        return mean > 0 ? new Estimate(Math.log(mean), errorOrZero() / mean) : MISSING;
    }

    /// How many standard errors the mean lies from 0; ±∞ for an exact number other than 0, and 0 for an exact 0.
    public double z() {
        return mean == 0 ? 0 : mean / errorOrZero();
    }

    /// The mean over seeds with the greater of two standard errors: the one that the measurements' own errors
    /// imply, √Σse²/n, and the one that the spread between seeds implies, s/√n (n ≥ 2). Missing members are left
    /// out.
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
        return new Estimate(mean, Math.max(Math.sqrt(variance) / n, between));
    }
}
