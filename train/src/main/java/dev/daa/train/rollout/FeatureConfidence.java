package dev.daa.train.rollout;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;

/// How far a response lies from what comparisons told about, in the last-layer features φ of a reward model:
/// `‖φ − μ‖_{Σ⁻¹}` with `Σ = λI + Σ_i (φ_w − φ_l)(φ_w − φ_l)ᵀ` over comparisons and μ the mean feature of their
/// responses (Zhu et al. 2301.11270; Guo & Xiong 2024). Directions that no comparison varied are far.
public final class FeatureConfidence {
    private final double[] mean;
    private final double[][] lower;

    /// @param lower `[d][d]` Cholesky factor L of Σ = LLᵀ
    private FeatureConfidence(double[] mean, double[][] lower) {
        this.mean = mean;
        this.lower = lower;
    }

    /// Collects comparisons.
    public static final class Collected {
        private final double[] sum;
        private final double[][] covariance;
        private long responses;

        /// @param width d, numbers in a feature
        /// @param ridge λ > 0
        public Collected(int width, double ridge) {
            sum = new double[width];
            covariance = new double[width][width];
            for (int i = 0; i < width; i++) {
                covariance[i][i] = ridge;
            }
        }

        /// Adds one comparison.
        ///
        /// @param chosen `[d]`
        /// @param rejected `[d]`
        public void add(float[] chosen, float[] rejected) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += (double) chosen[i] + rejected[i];
                double difference = (double) chosen[i] - rejected[i];
                for (int j = 0; j <= i; j++) {
                    double product = difference * ((double) chosen[j] - rejected[j]);
                    covariance[i][j] += product;
                    if (j < i) {
                        covariance[j][i] += product;
                    }
                }
            }
            responses += 2;
        }

        /// The distances that they tell.
        public FeatureConfidence confidence() {
            double[] mean = sum.clone();
            for (int i = 0; i < mean.length; i++) {
                mean[i] /= responses;
            }
            return new FeatureConfidence(
                    mean,
                    new CholeskyDecomposition(new Array2DRowRealMatrix(covariance, false))
                            .getL()
                            .getData());
        }
    }

    /// d.
    public int width() {
        return mean.length;
    }

    /// `‖φ − μ‖_{Σ⁻¹} = ‖L⁻¹(φ − μ)‖`, by forward substitution.
    ///
    /// @param feature `[d]` φ
    public double distance(float[] feature) {
        double[] solved = new double[mean.length];
        double squares = 0;
        for (int i = 0; i < solved.length; i++) {
            double left = feature[i] - mean[i];
            for (int j = 0; j < i; j++) {
                left -= lower[i][j] * solved[j];
            }
            solved[i] = left / lower[i][i];
            squares += solved[i] * solved[i];
        }
        return Math.sqrt(squares);
    }
}
