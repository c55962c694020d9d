package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Parameter;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.Workers;
import java.util.Arrays;
import java.util.List;

/// Sums over rows that become gradients of vectors: each chunk of rows has a partial sum of its own, and the partial
/// sums are added in the order of the chunks, so that the result does not depend on who computed them. Those of
/// frozen vectors are formed and dropped: a loop without them would save less than a second loop costs.
final class ChunkSums {
    private final List<Parameter> vectors;
    private final Buffers buffers;
    private final boolean trained;
    private final int width;
    private final int chunk;
    private final float[][] partials;

    /// @param vectors of one layout and one width
    /// @param chunk rows of a partial sum
    /// @param rows largest number of rows
    ChunkSums(List<Parameter> vectors, int chunk, int rows, Buffers buffers) {
        this.vectors = vectors;
        this.buffers = buffers;
        this.trained = buffers.trains(vectors.getFirst());
        this.width = vectors.getFirst().columns();
        this.chunk = chunk;
        this.partials = new float[Workers.chunks(rows, chunk)][vectors.size() * width];
    }

    /// The zeroed partial sums of the chunk that begins at row `from`: the vectors one after the other.
    float[] begin(int from) {
        float[] partial = partials[from / chunk];
        Arrays.fill(partial, 0);
        return partial;
    }

    void addToGradients(int rows) {
        if (!trained) {
            return;
        }
        for (int i = 0; i < vectors.size(); i++) {
            Parameter vector = vectors.get(i);
            float[] gradients = buffers.gradients(vector);
            for (int index = 0; index < Workers.chunks(rows, chunk); index++) {
                Reduce.add(partials[index], i * width, gradients, vector.offset(), width);
            }
        }
    }
}
