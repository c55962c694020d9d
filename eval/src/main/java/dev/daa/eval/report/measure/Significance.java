package dev.daa.eval.report.measure;

import java.util.List;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.ranking.NaturalRanking;

/// How far is far: thresholds and rank correlations behind the verdicts. Pure.
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

    /// A correlation and its 95 % interval.
    public record Correlation(double value, double low, double high) {}

    /// Rank correlation within groups: each group's values are replaced by their ranks, centred and scaled to the
    /// group, then all groups are correlated together, so that differences between groups do not count.
    ///
    /// The interval is Fisher's, tanh(artanh r ± 1.96/√(n − 3)), with n the number of independent units:
    /// checkpoints of one run go together, so a run counts once, and each group beyond the first takes one more.
    /// For the interval |r| is held below 1 − 1/n, so that a few runs in perfect order prove nothing.
    ///
    /// @param x `[groups][members]`
    /// @param y `[groups][members]`
    /// @param runs independent runs over all groups
    public static Correlation rankCorrelation(List<double[]> x, List<double[]> y, int runs) {
        int members = x.stream().mapToInt(group -> group.length).sum();
        double[] left = new double[members];
        double[] right = new double[members];
        int at = 0;
        for (int g = 0; g < x.size(); g++) {
            double[] ranksX = centredRanks(x.get(g));
            double[] ranksY = centredRanks(y.get(g));
            System.arraycopy(ranksX, 0, left, at, ranksX.length);
            System.arraycopy(ranksY, 0, right, at, ranksY.length);
            at += ranksX.length;
        }
        int freedom = runs - (x.size() - 1) - 3;
        double r = members < 3 ? Double.NaN : new PearsonsCorrelation().correlation(left, right);
        if (Double.isNaN(r)) {
            return new Correlation(Double.NaN, -1, 1);
        }
        if (freedom < 1) {
            return new Correlation(r, -1, 1);
        }
        double limit = 1 - 1.0 / runs;
        double held = Math.clamp(r, -limit, limit);
        double fisher = 0.5 * Math.log((1 + held) / (1 - held));
        double half = threshold(1) / Math.sqrt(freedom);
        return new Correlation(r, Math.tanh(fisher - half), Math.tanh(fisher + half));
    }

    private static double[] centredRanks(double[] values) {
        double[] ranks = new NaturalRanking().rank(values);
        double middle = (values.length + 1) / 2.0;
        for (int k = 0; k < ranks.length; k++) {
            ranks[k] = (ranks[k] - middle) / values.length;
        }
        return ranks;
    }
}
