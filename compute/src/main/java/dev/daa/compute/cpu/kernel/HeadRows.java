package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.cpu.parallel.Reduce;
import jdk.incubator.vector.FloatVector;

/// Moves rows of one head between tensors, where they lie far apart, and scratch memory, where they follow each other,
/// padded with zeros to whole vectors. Heads of one, two and four vectors have loops of their own, because a loop
/// inside the loop over rows would cost more than the copy.
final class HeadRows {
    private HeadRows() {}

    /// Copies `count` heads of `size` values, `stride` apart, to padded rows.
    static void gather(float[] from, int at, int stride, int size, int count, float[] into, int intoAt, int padded) {
        if (size == LANES) {
            for (int row = 0; row < count; row++) {
                FloatVector.fromArray(SPECIES, from, at + row * stride).intoArray(into, intoAt + row * LANES);
            }
        } else if (size == 2 * LANES) {
            for (int row = 0; row < count; row++) {
                int source = at + row * stride;
                int target = intoAt + row * 2 * LANES;
                FloatVector.fromArray(SPECIES, from, source).intoArray(into, target);
                FloatVector.fromArray(SPECIES, from, source + LANES).intoArray(into, target + LANES);
            }
        } else if (size == 4 * LANES) {
            for (int row = 0; row < count; row++) {
                int source = at + row * stride;
                int target = intoAt + row * 4 * LANES;
                FloatVector.fromArray(SPECIES, from, source).intoArray(into, target);
                FloatVector.fromArray(SPECIES, from, source + LANES).intoArray(into, target + LANES);
                FloatVector.fromArray(SPECIES, from, source + 2 * LANES).intoArray(into, target + 2 * LANES);
                FloatVector.fromArray(SPECIES, from, source + 3 * LANES).intoArray(into, target + 3 * LANES);
            }
        } else {
            for (int row = 0; row < count; row++) {
                int target = intoAt + row * padded;
                System.arraycopy(from, at + row * stride, into, target, size);
                java.util.Arrays.fill(into, target + size, target + padded, 0);
            }
        }
    }

    /// The reverse of [#gather].
    static void scatter(float[] from, int fromAt, int padded, int size, int count, float[] into, int at, int stride) {
        if (size == LANES) {
            for (int row = 0; row < count; row++) {
                FloatVector.fromArray(SPECIES, from, fromAt + row * LANES).intoArray(into, at + row * stride);
            }
        } else if (size == 2 * LANES) {
            for (int row = 0; row < count; row++) {
                int source = fromAt + row * 2 * LANES;
                int target = at + row * stride;
                FloatVector.fromArray(SPECIES, from, source).intoArray(into, target);
                FloatVector.fromArray(SPECIES, from, source + LANES).intoArray(into, target + LANES);
            }
        } else {
            for (int row = 0; row < count; row++) {
                System.arraycopy(from, fromAt + row * padded, into, at + row * stride, size);
            }
        }
    }

    /// Multiplies each padded row by its factor.
    static void scale(float[] rows, int padded, int count, float[] factors) {
        if (padded == LANES) {
            for (int row = 0; row < count; row++) {
                int at = row * LANES;
                FloatVector.fromArray(SPECIES, rows, at).mul(factors[row]).intoArray(rows, at);
            }
        } else {
            for (int row = 0; row < count; row++) {
                Reduce.multiply(rows, row * padded, padded, factors[row]);
            }
        }
    }
}
