package dev.daa.eval.report.measure;

import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/// How far is far: thresholds behind the verdicts. Pure.
public final class Significance {
    private static final double LEVEL = 0.05;

    private Significance() {}

    /// The z that a difference must exceed: two-sided 5 %, divided by the number of comparisons that could have
    /// shown it (Bonferroni). 1.96 for one comparison, 2.50 for four, 3.02 for twenty.
    public static double threshold(int comparisons) {
        return new NormalDistribution(0, 1).inverseCumulativeProbability(1 - LEVEL / (2 * Math.max(1, comparisons)));
    }

    /// Student's t that the mean of so many values must exceed in standard errors s/√n: two-sided 5 %. 4.30 for
    /// three values, 2.31 for nine.
    public static double student(int values) {
        return new TDistribution(values - 1).inverseCumulativeProbability(1 - LEVEL / 2);
    }
}
