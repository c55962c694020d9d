package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Batch;
import dev.daa.compute.Tensor;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Rotary positions (Su et al. 2104.09864), half-split: the pair `(i, i + rotarySize/2)` of each query and key head
/// turns by the angle `position·base^(−2i/rotarySize)`; the backward pass turns back.
final class RotaryKernel extends RowKernel {
    /// Cosines and sines by position: a row holds `rotarySize/2` cosines, then as many sines. Shared by all layers.
    static final class Table {
        private final int half;
        private final float base;
        private float[] values = {};
        private int positions;

        Table(int rotarySize, float base, int positions) {
            this.half = rotarySize / 2;
            this.base = base;
            reach(positions);
        }

        /// Makes sure that the table has that many positions; grows only past the longest sequence seen so far.
        void reach(int needed) {
            if (needed <= positions) {
                return;
            }
            values = Arrays.copyOf(values, 2 * half * needed);
            for (int position = positions; position < needed; position++) {
                for (int i = 0; i < half; i++) {
                    double angle = position * Math.pow(base, -(double) i / half);
                    values[2 * half * position + i] = (float) Math.cos(angle);
                    values[2 * half * position + half + i] = (float) Math.sin(angle);
                }
            }
            positions = needed;
        }
    }

    private final float[] qkv;
    private final int width;
    private final int heads;
    private final int headSize;
    private final Table table;
    private final float direction;
    private int[] position = {};

    /// @param direction 1 turns forward, -1 back
    RotaryKernel(Tensor qkv, AttentionShape shape, Table table, float direction, Buffers buffers) {
        super(buffers.workers(), qkv.extent(), shape.packedWidth());
        this.qkv = buffers.of(qkv);
        this.width = shape.packedWidth();
        this.heads = shape.heads() + shape.keyValueHeads();
        this.headSize = shape.headSize();
        this.table = table;
        this.direction = direction;
    }

    @Override
    void bind(Batch batch) {
        position = batch.position;
        int largest = 0;
        for (int row = 0; row < batch.rows(); row++) {
            largest = Math.max(largest, position[row]);
        }
        table.reach(largest + 1);
    }

    @Override
    void rows(int from, int to, int worker) {
        int half = table.half;
        for (int row = from; row < to; row++) {
            int cosines = 2 * half * position[row];
            int i = 0;
            for (; i <= half - LANES; i += LANES) {
                turn(row * width + i, cosines + i, half);
            }
            if (i < half) {
                turnRest(row * width + i, cosines + i, half, SPECIES.indexInRange(i, half));
            }
        }
    }

    /// One vector of pairs in every head.
    private void turn(int first, int cosines, int half) {
        FloatVector cosine = FloatVector.fromArray(SPECIES, table.values, cosines);
        FloatVector sine =
                FloatVector.fromArray(SPECIES, table.values, cosines + half).mul(direction);
        for (int at = first; at < first + heads * headSize; at += headSize) {
            FloatVector x = FloatVector.fromArray(SPECIES, qkv, at);
            FloatVector y = FloatVector.fromArray(SPECIES, qkv, at + half);
            x.mul(cosine).sub(y.mul(sine)).intoArray(qkv, at);
            y.mul(cosine).add(x.mul(sine)).intoArray(qkv, at + half);
        }
    }

    /// The same for the pairs behind the last whole vector.
    private void turnRest(int first, int cosines, int half, VectorMask<Float> mask) {
        FloatVector cosine = FloatVector.fromArray(SPECIES, table.values, cosines, mask);
        FloatVector sine = FloatVector.fromArray(SPECIES, table.values, cosines + half, mask)
                .mul(direction);
        for (int at = first; at < first + heads * headSize; at += headSize) {
            FloatVector x = FloatVector.fromArray(SPECIES, qkv, at, mask);
            FloatVector y = FloatVector.fromArray(SPECIES, qkv, at + half, mask);
            x.mul(cosine).sub(y.mul(sine)).intoArray(qkv, at, mask);
            y.mul(cosine).add(x.mul(sine)).intoArray(qkv, at + half, mask);
        }
    }
}
