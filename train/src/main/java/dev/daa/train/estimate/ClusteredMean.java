package dev.daa.train.estimate;

import org.eclipse.collections.impl.map.mutable.primitive.IntDoubleHashMap;

/// Mean of samples that are independent between clusters but not within: several responses to one prompt.
///
/// With C clusters, N samples and e_c the sum of the residuals of cluster c, SE² = C/(C − 1) · Σ_c e_c² / N² (the
/// linearised ratio estimator of cluster sampling, Cochran 1977 §9). With one sample per cluster that is s²/N.
///
/// @param mean Σ x / N, in the unit of the samples
/// @param standardError of the mean; NaN with a single cluster, whose spread is unknown
/// @param samples N
/// @param clusters C
public record ClusteredMean(double mean, double standardError, int samples, int clusters) {
    /// Mean of independent samples.
    ///
    /// @param values `[N]` finite
    public static ClusteredMean of(double[] values) {
        double mean = mean(values);
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return of(mean, squares, values.length, values.length);
    }

    /// Mean of samples that share clusters.
    ///
    /// @param values `[N]` finite
    /// @param cluster `[N]` any number that names the cluster (prompt) of each sample
    public static ClusteredMean of(double[] values, int[] cluster) {
        if (values.length != cluster.length) {
            throw new IllegalArgumentException(values.length + " samples, but " + cluster.length + " cluster numbers");
        }
        double mean = mean(values);
        IntDoubleHashMap residuals = new IntDoubleHashMap();
        for (int k = 0; k < values.length; k++) {
            residuals.addToValue(cluster[k], values[k] - mean);
        }
        double squares = 0;
        for (double residual : residuals.toArray()) {
            squares += residual * residual;
        }
        return of(mean, squares, values.length, residuals.size());
    }

    private static ClusteredMean of(double mean, double squares, int samples, int clusters) {
        double correction = clusters > 1 ? clusters / (clusters - 1.0) : Double.NaN;
        return new ClusteredMean(mean, Math.sqrt(correction * squares) / samples, samples, clusters);
    }

    private static double mean(double[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("the mean of no samples");
        }
        double sum = 0;
        for (int k = 0; k < values.length; k++) {
            if (!Double.isFinite(values[k])) {
                throw new IllegalArgumentException("sample " + k + " is " + values[k]);
            }
            sum += values[k];
        }
        return sum / values.length;
    }
}
