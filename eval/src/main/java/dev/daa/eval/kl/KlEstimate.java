package dev.daa.eval.kl;

/// An estimated KL of whole responses, in nats.
///
/// @param estimator how it was estimated
/// @param estimate mean over the sequences of the sum over their tokens; a k1 or forward estimate near 0 may be
///   negative
/// @param standardError of the estimate, clustered by prompt; NaN with a single prompt
/// @param sequences number of sequences, empty ones included, which contribute 0
/// @param perToken sum over all tokens divided by their number, 0 without tokens
public record KlEstimate(KlEstimator estimator, double estimate, double standardError, int sequences, double perToken) {
    /// d = √KL, the scaling laws' axis; an estimate below 0 is noise about 0 and gives 0.
    public double distance() {
        return Math.sqrt(Math.max(0, estimate));
    }

    /// Standard error of [#distance] to first order, SE/(2d); NaN at d = 0.
    public double distanceStandardError() {
        return distance() > 0 ? standardError / (2 * distance()) : Double.NaN;
    }
}
