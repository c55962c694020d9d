package dev.daa.train.objective;

/// e^z up to z = 80, its tangent beyond: increasing, continuously differentiable and finite for any finite z.
final class BoundedExponential {
    private static final double LIMIT = 80;
    private static final double AT_LIMIT = Math.exp(LIMIT);

    private BoundedExponential() {}

    static double value(double z) {
        return z <= LIMIT ? Math.exp(z) : AT_LIMIT * (1 + z - LIMIT);
    }

    /// e^z − 1, exact near 0.
    static double valueMinusOne(double z) {
        return z <= LIMIT ? Math.expm1(z) : value(z) - 1;
    }

    static double derivative(double z) {
        return z <= LIMIT ? Math.exp(z) : AT_LIMIT;
    }
}
