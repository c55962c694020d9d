package dev.daa.eval.report.measure;

import dev.daa.eval.report.text.Words;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// A mean over seeds and its 95 % interval, mean ± t·s/√n. Pure.
///
/// @param seeds n
public record SeedMean(double mean, double low, double high, int seeds) {
    /// Empty for fewer than two values, whose spread nothing tells.
    public static Optional<SeedMean> of(List<Double> values) {
        int n = values.size();
        if (n < 2) {
            return Optional.empty();
        }
        double[] numbers = values.stream().mapToDouble(Double::doubleValue).toArray();
        double mean = Arrays.stream(numbers).sum() / n;
        double squares = Arrays.stream(numbers)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        double half = Significance.student(n) * Math.sqrt(squares / (n - 1) / n);
        return Optional.of(new SeedMean(mean, mean - half, mean + half, n));
    }

    /// Above 0, below 0 or undecided.
    public Outcome positive() {
        return low > 0 ? Outcome.SHOWN : high < 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
    }

    /// Below 0, above 0 or undecided.
    public Outcome negative() {
        return new SeedMean(-mean, -high, -low, seeds).positive();
    }

    /// Within ± `bound`, outside or undecided.
    public Outcome within(double bound) {
        return low > -bound && high < bound
                ? Outcome.SHOWN
                : low > bound || high < -bound ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
    }

    /// "+0.32 [0.16, 0.49]".
    @Override
    public String toString() {
        return Words.signed(mean, 2) + " [" + Words.signed(low, 2) + ", " + Words.signed(high, 2) + "]";
    }
}
