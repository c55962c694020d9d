package dev.daa.compute.cpu.parallel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Sums over a run of values: lane by lane over whole vectors, then over the lanes, then the rest.
public final class Reduce {
    private Reduce() {}

    /// Σ x.
    public static float sum(float[] values, int offset, int length) {
        int bound = SPECIES.loopBound(length);
        FloatVector lanes = FloatVector.zero(SPECIES);
        for (int j = 0; j < bound; j += LANES) {
            lanes = lanes.add(FloatVector.fromArray(SPECIES, values, offset + j));
        }
        float sum = VectorMath.sumLanes(lanes);
        for (int j = bound; j < length; j++) {
            sum += values[offset + j];
        }
        return sum;
    }

    /// Σ (x − center)².
    public static float squaredDistance(float[] values, int offset, int length, float center) {
        int bound = SPECIES.loopBound(length);
        FloatVector lanes = FloatVector.zero(SPECIES);
        for (int j = 0; j < bound; j += LANES) {
            FloatVector distance =
                    FloatVector.fromArray(SPECIES, values, offset + j).sub(center);
            lanes = distance.fma(distance, lanes);
        }
        float sum = VectorMath.sumLanes(lanes);
        for (int j = bound; j < length; j++) {
            float distance = values[offset + j] - center;
            sum = Math.fma(distance, distance, sum);
        }
        return sum;
    }

    /// Σ x·y.
    public static float dot(float[] x, int xOffset, float[] y, int yOffset, int length) {
        int bound = SPECIES.loopBound(length);
        FloatVector lanes = FloatVector.zero(SPECIES);
        for (int j = 0; j < bound; j += LANES) {
            lanes = FloatVector.fromArray(SPECIES, x, xOffset + j)
                    .fma(FloatVector.fromArray(SPECIES, y, yOffset + j), lanes);
        }
        float sum = VectorMath.sumLanes(lanes);
        for (int j = bound; j < length; j++) {
            sum = Math.fma(x[xOffset + j], y[yOffset + j], sum);
        }
        return sum;
    }

    /// into += scale·from.
    public static void addScaled(float scale, float[] from, int fromOffset, float[] into, int intoOffset, int length) {
        int bound = SPECIES.loopBound(length);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        for (int j = 0; j < bound; j += LANES) {
            FloatVector.fromArray(SPECIES, from, fromOffset + j)
                    .fma(factor, FloatVector.fromArray(SPECIES, into, intoOffset + j))
                    .intoArray(into, intoOffset + j);
        }
        for (int j = bound; j < length; j++) {
            into[intoOffset + j] = Math.fma(scale, from[fromOffset + j], into[intoOffset + j]);
        }
    }

    /// into += from.
    public static void add(float[] from, int fromOffset, float[] into, int intoOffset, int length) {
        int bound = SPECIES.loopBound(length);
        for (int j = 0; j < bound; j += LANES) {
            FloatVector.fromArray(SPECIES, from, fromOffset + j)
                    .add(FloatVector.fromArray(SPECIES, into, intoOffset + j))
                    .intoArray(into, intoOffset + j);
        }
        for (int j = bound; j < length; j++) {
            into[intoOffset + j] += from[fromOffset + j];
        }
    }

    /// values *= factor.
    public static void multiply(float[] values, int offset, int length, float factor) {
        int bound = SPECIES.loopBound(length);
        for (int j = 0; j < bound; j += LANES) {
            FloatVector.fromArray(SPECIES, values, offset + j).mul(factor).intoArray(values, offset + j);
        }
        for (int j = bound; j < length; j++) {
            values[offset + j] *= factor;
        }
    }

    /// Largest value; NaN is passed over.
    public static float maximum(float[] values, int offset, int length) {
        int bound = SPECIES.loopBound(length);
        FloatVector lanes = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < bound; j += LANES) {
            FloatVector x = FloatVector.fromArray(SPECIES, values, offset + j);
            lanes = lanes.blend(x, x.compare(VectorOperators.GT, lanes));
        }
        float maximum = lanes.reduceLanes(VectorOperators.MAX);
        for (int j = bound; j < length; j++) {
            if (values[offset + j] > maximum) {
                maximum = values[offset + j];
            }
        }
        return maximum;
    }
}
