package dev.daa.eval.gold;

import java.util.stream.IntStream;
import org.eclipse.collections.impl.map.mutable.primitive.IntIntHashMap;

/// The win rate that the policy would have at the opponent's length (Dubois et al. 2024, arXiv 2404.04475, without
/// their terms per instruction).
///
/// The score of a comparison (win 1, tie ½, loss 0) is regressed on the difference of lengths,
///
/// - logit P(win) = a + b·tanh(Δ/s), Δ = |y_policy| − |y_opponent|, s the standard deviation of Δ,
///
/// by maximum likelihood with a weak normal prior of deviation 10 on a and b, which keeps them finite where one side
/// always wins. The rate is σ(a), its standard error that of the clustered sandwich estimate of a.
///
/// @param rate σ(a), the win rate at equal length
/// @param standardError of the rate; NaN with a single prompt
/// @param lengthCoefficient b, positive if the gold reward prefers the longer response
public record LengthControlledWinRate(double rate, double standardError, double lengthCoefficient) {
    private static final double PRIOR_PRECISION = 0.01;
    private static final int MAXIMUM_ITERATIONS = 100;
    private static final double TOLERANCE = 1e-12;

    /// Length-controlled win rate with one comparison per prompt.
    ///
    /// @param score `[N]` 1 for a win, ½ for a tie, 0 for a loss
    /// @param lengthDifference `[N]` tokens of the policy's response minus tokens of the opponent's
    public static LengthControlledWinRate of(double[] score, double[] lengthDifference) {
        return of(score, lengthDifference, IntStream.range(0, score.length).toArray());
    }

    /// Length-controlled win rate with several comparisons per prompt.
    ///
    /// @param prompt `[N]` number of each comparison's prompt
    public static LengthControlledWinRate of(double[] score, double[] lengthDifference, int[] prompt) {
        int n = score.length;
        if (n == 0 || lengthDifference.length != n || prompt.length != n) {
            throw new IllegalArgumentException(n + " scores, " + lengthDifference.length + " length differences and "
                    + prompt.length + " prompt numbers");
        }
        for (int k = 0; k < n; k++) {
            if (!(score[k] >= 0 && score[k] <= 1) || !Double.isFinite(lengthDifference[k])) {
                throw new IllegalArgumentException(
                        "comparison " + k + " has score " + score[k] + " and length difference " + lengthDifference[k]);
            }
        }
        double[] x = scaledDifferences(lengthDifference);
        double a = 0;
        double b = 0;
        Information information = information(a, b, x);
        // The penalised likelihood is strictly concave; halved steps keep Newton from overshooting.
        for (int k = 0; k < MAXIMUM_ITERATIONS; k++) {
            double gradientA = -PRIOR_PRECISION * a;
            double gradientB = -PRIOR_PRECISION * b;
            for (int i = 0; i < n; i++) {
                double residual = score[i] - logistic(a + b * x[i]);
                gradientA += residual;
                gradientB += residual * x[i];
            }
            double stepA = information.inverseFirst(gradientA, gradientB);
            double stepB = information.inverseSecond(gradientA, gradientB);
            double size = Math.max(Math.abs(stepA), Math.abs(stepB));
            double shrink = size > 1 ? 1 / size : 1;
            a += shrink * stepA;
            b += shrink * stepB;
            information = information(a, b, x);
            if (size < TOLERANCE) {
                break;
            }
        }
        double rate = logistic(a);
        double standardError = rate * (1 - rate) * interceptError(score, x, prompt, a, b, information);
        return new LengthControlledWinRate(rate, standardError, b);
    }

    /// Negative second derivatives of the penalised log-likelihood: [[aa, ab], [ab, bb]].
    private record Information(double aa, double ab, double bb) {
        double inverseFirst(double first, double second) {
            return (bb * first - ab * second) / (aa * bb - ab * ab);
        }

        double inverseSecond(double first, double second) {
            return (aa * second - ab * first) / (aa * bb - ab * ab);
        }
    }

    private static Information information(double a, double b, double[] x) {
        double aa = PRIOR_PRECISION;
        double ab = 0;
        double bb = PRIOR_PRECISION;
        for (double value : x) {
            double p = logistic(a + b * value);
            double weight = p * (1 - p);
            aa += weight;
            ab += weight * value;
            bb += weight * value * value;
        }
        return new Information(aa, ab, bb);
    }

    /// Standard error of a: with u_c the sum of a cluster's scores, SE² = C/(C − 1) · Σ_c (H⁻¹u_c)_a².
    private static double interceptError(
            double[] score, double[] x, int[] prompt, double a, double b, Information information) {
        IntIntHashMap clusterOfPrompt = new IntIntHashMap();
        double[][] clusterScore = new double[score.length][2];
        for (int i = 0; i < score.length; i++) {
            int cluster = clusterOfPrompt.getIfAbsentPut(prompt[i], clusterOfPrompt.size());
            double residual = score[i] - logistic(a + b * x[i]);
            clusterScore[cluster][0] += residual;
            clusterScore[cluster][1] += residual * x[i];
        }
        int clusters = clusterOfPrompt.size();
        double squares = 0;
        for (int c = 0; c < clusters; c++) {
            double influence = information.inverseFirst(clusterScore[c][0], clusterScore[c][1]);
            squares += influence * influence;
        }
        return clusters > 1 ? Math.sqrt(squares * clusters / (clusters - 1.0)) : Double.NaN;
    }

    /// tanh(Δ/s); 0 throughout where all differences are equal, for then length explains nothing.
    private static double[] scaledDifferences(double[] difference) {
        double mean = 0;
        for (double value : difference) {
            mean += value / difference.length;
        }
        double squares = 0;
        for (double value : difference) {
            squares += (value - mean) * (value - mean);
        }
        double deviation = Math.sqrt(squares / difference.length);
        double[] scaled = new double[difference.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = deviation > 0 ? Math.tanh(difference[i] / deviation) : 0;
        }
        return scaled;
    }

    private static double logistic(double z) {
        return 1 / (1 + Math.exp(-z));
    }
}
