package dev.daa.train.loop;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import java.util.List;

/// Spherical interpolation of task vectors (WARP, 2406.16768, eq. 2 and appendix B.4): for each weight tensor
/// `slerp(δ, δ′, λ) = [sin((1 − λ)Ω)·δ + sin(λΩ)·δ′] / sin Ω`, Ω the angle between the two. Unlike the mean it keeps
/// the length of vectors that point into different directions. Several are taken in one after the other, the m-th with
/// λ = 1/m. Pure.
public final class SphericalInterpolation {
    /// Below this sine of the angle the interpolation is linear, which is its limit.
    private static final double PARALLEL = 1e-6;

    private SphericalInterpolation() {}

    /// @param taskVectors differences between the weights of a run and those that all runs start from, `[layout
    ///   size]` each, at least one
    public static float[] of(ParameterLayout layout, List<float[]> taskVectors) {
        float[] merged = taskVectors.getFirst().clone();
        for (int m = 2; m <= taskVectors.size(); m++) {
            for (Parameter parameter : layout.parameters()) {
                interpolate(merged, taskVectors.get(m - 1), parameter.offset(), parameter.size(), 1.0 / m);
            }
        }
        return merged;
    }

    /// `into ← slerp(into, from, λ)` over a run of values.
    private static void interpolate(float[] into, float[] from, int offset, int size, double lambda) {
        double dot = 0;
        double squares = 0;
        double otherSquares = 0;
        for (int i = offset; i < offset + size; i++) {
            dot += (double) into[i] * from[i];
            squares += (double) into[i] * into[i];
            otherSquares += (double) from[i] * from[i];
        }
        double cosine = dot / Math.sqrt(squares * otherSquares);
        double angle = Math.acos(Math.clamp(cosine, -1.0, 1.0));
        boolean linear = !(Math.sin(angle) > PARALLEL); // also where one of them is 0
        double own = linear ? 1 - lambda : Math.sin((1 - lambda) * angle) / Math.sin(angle);
        double other = linear ? lambda : Math.sin(lambda * angle) / Math.sin(angle);
        for (int i = offset; i < offset + size; i++) {
            into[i] = (float) (own * into[i] + other * from[i]);
        }
    }
}
