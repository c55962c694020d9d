package dev.daa.train.loop;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Makes one model's weights of those of several, tensor by tensor: `θ = (1 − η)·θ_0 + η·merge(θ_1, …, θ_M)`, η being
/// the `share` of the way from the weights θ_0 that all of them started from (the linear interpolation towards the
/// start of WARP, 2406.16768, and of WiSE-FT, 2109.01903). Sums are in double and rounded once. Pure.
///
/// @param coefficients ν of the models, which sum to 1
/// @param share η, above 0 and at most 1
public record WeightMerge(Rule rule, List<Double> coefficients, double share) {
    /// Below this sine of the angle the interpolation is linear, which is its limit.
    private static final double PARALLEL = 1e-6;

    /// How far a sum of coefficients that were written in decimals may be from 1.
    private static final double ROUNDING = 1e-6;

    /// What becomes of several.
    public enum Rule {
        /// `Σ ν_m·θ_m`: model soups (2203.05482), rewarded soups (2306.04488), WARM (2401.12187).
        LINEAR,
        /// Spherical interpolation of task vectors δ_m = θ_m − θ_0 (WARP, eq. 2 and appendix B.4): for each
        /// tensor `slerp(δ, δ′, λ) = [sin((1 − λ)Ω)·δ + sin(λΩ)·δ′] / sin Ω`, Ω the angle between the two.
        /// Unlike the mean it keeps the length of vectors that point into different directions. Several are
        /// taken in one after the other, the m-th with `λ = ν_m / (ν_1 + … + ν_m)`, so 1/m where all count
        /// alike.
        SPHERICAL
    }

    public WeightMerge {
        double sum = coefficients.stream().mapToDouble(Double::doubleValue).sum();
        if (!(Math.abs(sum - 1) <= ROUNDING)) {
            throw new InputException("weights is " + coefficients + ", which sum to " + (float) sum
                    + ", expected numbers that sum to 1; without weights all models count alike");
        }
        if (rule == Rule.SPHERICAL && coefficients.stream().anyMatch(coefficient -> !(coefficient > 0))) {
            throw new InputException(
                    "weights is " + coefficients + ", expected numbers above 0 for a spherical interpolation");
        }
        if (!(share > 0 && share <= 1)) {
            throw new InputException("share is " + share + ", expected a number above 0 and at most 1");
        }
        coefficients =
                coefficients.stream().map(coefficient -> coefficient / sum).toList();
    }

    /// All models count alike.
    ///
    /// @param count of models
    public static WeightMerge ofEqual(Rule rule, int count, double share) {
        return new WeightMerge(
                rule, IntStream.range(0, count).mapToObj(_ -> 1.0 / count).toList(), share);
    }

    /// Whether it needs the weights that the models started from.
    public boolean needsStart() {
        return rule == Rule.SPHERICAL || share < 1;
    }

    /// One tensor of the merged model.
    ///
    /// @param start of the weights that the models started from; null where they are not needed
    /// @param tensors one a model
    public float[] of(float @Nullable [] start, List<float[]> tensors) {
        double[] shares = switch (rule) {
            case LINEAR ->
                coefficients.stream().mapToDouble(Double::doubleValue).toArray();
            case SPHERICAL -> spherical(products(Objects.requireNonNull(start), tensors));
        };
        double ofStart = switch (rule) {
            case LINEAR -> 1 - share;
            case SPHERICAL -> 1 - share * Arrays.stream(shares).sum();
        };
        float[] merged = new float[tensors.getFirst().length];
        for (int i = 0; i < merged.length; i++) {
            double value = start == null ? 0 : ofStart * start[i];
            for (int m = 0; m < shares.length; m++) {
                value += share * shares[m] * tensors.get(m)[i];
            }
            merged[i] = (float) value;
        }
        return merged;
    }

    /// Inner products of the task vectors, `[models, models]`.
    private static double[][] products(float[] start, List<float[]> tensors) {
        int count = tensors.size();
        double[][] products = new double[count][count];
        for (int m = 0; m < count; m++) {
            for (int k = 0; k <= m; k++) {
                double sum = 0;
                for (int i = 0; i < start.length; i++) {
                    sum += ((double) tensors.get(m)[i] - start[i]) * ((double) tensors.get(k)[i] - start[i]);
                }
                products[m][k] = sum;
                products[k][m] = sum;
            }
        }
        return products;
    }

    /// How much of each task vector is in their interpolation.
    private double[] spherical(double[][] products) {
        double[] shares = new double[products.length];
        shares[0] = 1;
        double taken = coefficients.getFirst();
        for (int m = 1; m < shares.length; m++) {
            double dot = 0;
            double squares = 0;
            for (int k = 0; k < m; k++) {
                dot += shares[k] * products[k][m];
                for (int l = 0; l < m; l++) {
                    squares += shares[k] * shares[l] * products[k][l];
                }
            }
            taken += coefficients.get(m);
            double lambda = coefficients.get(m) / taken;
            double angle = Math.acos(Math.clamp(dot / Math.sqrt(squares * products[m][m]), -1.0, 1.0));
            boolean linear = !(Math.sin(angle) > PARALLEL); // also where one of them is 0
            double own = linear ? 1 - lambda : Math.sin((1 - lambda) * angle) / Math.sin(angle);
            for (int k = 0; k < m; k++) {
                shares[k] *= own;
            }
            shares[m] = linear ? lambda : Math.sin(lambda * angle) / Math.sin(angle);
        }
        return shares;
    }
}
