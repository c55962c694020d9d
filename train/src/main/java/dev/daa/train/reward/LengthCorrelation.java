package dev.daa.train.reward;

/// Pearson's correlation of scores with lengths, `ρ = x·y/(‖x‖·‖y‖)` with x the scores and y the lengths less their
/// means, and its derivative `∂ρ/∂r_i = (y_i/‖y‖ − ρ·x_i/‖x‖)/‖x‖`.
///
/// @param value ρ; 0 where all scores or all lengths are alike
/// @param derivative `[responses]` by the scores; 0 likewise
public record LengthCorrelation(double value, double[] derivative) {
    /// @param scores `[responses]`
    /// @param lengths `[responses]`
    public static LengthCorrelation of(double[] scores, double[] lengths) {
        double[] x = centred(scores);
        double[] y = centred(lengths);
        double xNorm = Math.sqrt(dot(x, x));
        double yNorm = Math.sqrt(dot(y, y));
        double[] derivative = new double[x.length];
        if (!(xNorm > 0 && yNorm > 0)) {
            return new LengthCorrelation(0, derivative);
        }
        double value = dot(x, y) / (xNorm * yNorm);
        for (int i = 0; i < derivative.length; i++) {
            derivative[i] = (y[i] / yNorm - value * x[i] / xNorm) / xNorm;
        }
        return new LengthCorrelation(value, derivative);
    }

    private static double[] centred(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        double[] centred = values.clone();
        for (int i = 0; i < centred.length; i++) {
            centred[i] -= sum / values.length;
        }
        return centred;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
