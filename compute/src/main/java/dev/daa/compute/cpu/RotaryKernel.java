package dev.daa.compute.cpu;

import static dev.daa.compute.cpu.VectorMath.LANES;
import static dev.daa.compute.cpu.VectorMath.SPECIES;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Batch;
import dev.daa.compute.Tensor;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

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
            for (int head = 0; head < heads; head++) {
                turn(row * width + head * headSize, cosines, half);
            }
        }
    }

    private void turn(int first, int cosines, int half) {
        float[] angles = table.values;
        int bound = SPECIES.loopBound(half);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector x = FloatVector.fromArray(SPECIES, qkv, first + i);
            FloatVector y = FloatVector.fromArray(SPECIES, qkv, first + half + i);
            FloatVector cosine = FloatVector.fromArray(SPECIES, angles, cosines + i);
            FloatVector sine =
                    FloatVector.fromArray(SPECIES, angles, cosines + half + i).mul(direction);
            x.mul(cosine).sub(y.mul(sine)).intoArray(qkv, first + i);
            y.mul(cosine).add(x.mul(sine)).intoArray(qkv, first + half + i);
        }
        for (int i = bound; i < half; i++) {
            float x = qkv[first + i];
            float y = qkv[first + half + i];
            float cosine = angles[cosines + i];
            float sine = direction * angles[cosines + half + i];
            qkv[first + i] = x * cosine - y * sine;
            qkv[first + half + i] = y * cosine + x * sine;
        }
    }
}
