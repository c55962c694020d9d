package dev.daa.compute.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Sums over rows that become gradients of vectors: each chunk of rows has a partial sum of its own, and the partial
/// sums are added in the order of the chunks, so that the result does not depend on who computed them. Those of
/// frozen vectors are formed and dropped: a loop without them would save less than a second loop costs.
final class ChunkSums {
    private final float @Nullable [] gradients;
    private final int[] offsets;
    private final int width;
    private final int chunk;
    private final float[][] partials;

    /// @param gradients null for frozen vectors
    /// @param offsets where each of the vectors of `width` values lies in `gradients`
    /// @param chunk rows of a partial sum
    /// @param rows largest number of rows
    ChunkSums(float @Nullable [] gradients, int[] offsets, int width, int chunk, int rows) {
        this.gradients = gradients;
        this.offsets = offsets.clone();
        this.width = width;
        this.chunk = chunk;
        this.partials = new float[Workers.chunks(rows, chunk)][offsets.length * width];
    }

    /// The zeroed partial sums of the chunk that begins at row `from`: the vectors one after the other.
    float[] begin(int from) {
        float[] partial = partials[from / chunk];
        Arrays.fill(partial, 0);
        return partial;
    }

    void addToGradients(int rows) {
        if (gradients == null) {
            return;
        }
        for (int index = 0; index < Workers.chunks(rows, chunk); index++) {
            for (int vector = 0; vector < offsets.length; vector++) {
                Reduce.add(partials[index], vector * width, gradients, offsets[vector], width);
            }
        }
    }
}
