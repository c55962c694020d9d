package dev.daa.train.objective;

/// The logistic function and its logarithm without overflow for any finite argument.
public final class LogisticFunction {
    private LogisticFunction() {}

    /// σ(x) = 1 / (1 + e^{−x}).
    public static double sigmoid(double x) {
        if (x >= 0) {
            return 1 / (1 + Math.exp(-x));
        }
        double e = Math.exp(x);
        return e / (1 + e);
    }

    /// σ′(x) = σ(x)·σ(−x).
    static double slope(double x) {
        return sigmoid(x) * sigmoid(-x);
    }

    /// log σ(x) = min(x, 0) − log(1 + e^{−|x|}).
    public static double logSigmoid(double x) {
        return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
    }
}
