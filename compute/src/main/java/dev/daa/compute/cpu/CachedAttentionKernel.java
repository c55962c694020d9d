package dev.daa.compute.cpu;

import static dev.daa.compute.cpu.VectorMath.LANES;
import static dev.daa.compute.cpu.VectorMath.SPECIES;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Attention of decoding: one query per row against the cache of its layer.
///
/// Keys lie transposed in blocks of as many cache rows as a vector has lanes, `[head, block, headSize, lanes]`, so that
/// scores of a block come without a reduction over lanes; values lie as rows `[head, cache row, headSize]`. Sums run
/// over places in the sequence, not in the cache: a row's result does not depend on where in the cache its sequence
/// lies.
final class CachedAttentionKernel implements Kernel {
    /// Keys and values of one layer.
    static final class Cache {
        final float[] keys;
        final float[] values;
        final int blocks;

        Cache(AttentionShape shape, int rows) {
            blocks = Math.ceilDiv(rows, LANES);
            keys = new float[shape.keyValueWidth() * blocks * LANES];
            values = new float[shape.keyValueWidth() * blocks * LANES + LANES];
        }
    }

    private static final int ROWS_PER_TASK = 4;

    private final Workers workers;
    private final float[] qkv;
    private final float[] out;
    private final int heads;
    private final int keyValueHeads;
    private final int headsPerKey;
    private final int headSize;
    private final int packedWidth;
    private final int queryWidth;
    private final float scale;
    private final Cache cache;
    private final float[][] scores;
    private final Workers.RangeTask writeTask = this::write;
    private final Workers.RangeTask attendTask = this::attend;
    private int[] cacheWrite = {};
    private int[] prefixStart = {};
    private int[] prefixLength = {};
    private int[] ownStart = {};

    CachedAttentionKernel(Op.CachedAttention op, Buffers buffers) {
        workers = buffers.workers();
        qkv = buffers.of(op.qkv());
        out = buffers.of(op.out());
        heads = op.shape().heads();
        keyValueHeads = op.shape().keyValueHeads();
        headsPerKey = heads / keyValueHeads;
        headSize = op.shape().headSize();
        packedWidth = op.shape().packedWidth();
        queryWidth = op.shape().queryWidth();
        scale = (float) (1 / Math.sqrt(headSize));
        cache = buffers.cache(op);
        scores = buffers.cacheScores();
    }

    @Override
    public void run(Batch batch) {
        cacheWrite = batch.cacheWrite;
        prefixStart = batch.prefixStart;
        prefixLength = batch.prefixLength;
        ownStart = batch.ownStart;
        workers.runRanges(batch.rows(), ROWS_PER_TASK, writeTask);
        workers.runRanges(batch.rows(), ROWS_PER_TASK, attendTask);
    }

    private void write(int from, int to, int worker) {
        for (int row = from; row < to; row++) {
            int place = cacheWrite[row];
            for (int head = 0; head < keyValueHeads; head++) {
                int keysAt = row * packedWidth + queryWidth + head * headSize;
                int block = (head * cache.blocks + place / LANES) * headSize * LANES + place % LANES;
                for (int d = 0; d < headSize; d++) {
                    cache.keys[block + d * LANES] = qkv[keysAt + d];
                }
                System.arraycopy(qkv, keysAt + keyValueHeads * headSize, cache.values, valuesAt(head, place), headSize);
            }
        }
    }

    private int valuesAt(int head, int place) {
        return (head * cache.blocks * LANES + place) * headSize;
    }

    private void attend(int from, int to, int worker) {
        float[] row = scores[worker];
        for (int index = from; index < to; index++) {
            for (int head = 0; head < heads; head++) {
                attend(row, index, head);
            }
        }
    }

    /// Relative places: 0 … prefix − 1 are the prefix, then the row's own sequence.
    private void attend(float[] scores, int row, int head) {
        int prefix = prefixLength[row];
        int own = cacheWrite[row] - ownStart[row] + 1;
        int length = prefix + own;
        int keyHead = head / headsPerKey;
        int queryAt = row * packedWidth + head * headSize;
        scores(scores, 0, queryAt, keyHead, prefixStart[row], prefix);
        scores(scores, prefix, queryAt, keyHead, ownStart[row], own);
        float sum = exponentials(scores, length);
        int at = row * queryWidth + head * headSize;
        int j = 0;
        for (; j <= headSize - LANES; j += LANES) {
            FloatVector total =
                    weighted(scores, 0, valuesAt(keyHead, prefixStart[row]) + j, prefix, FloatVector.zero(SPECIES));
            total = weighted(scores, prefix, valuesAt(keyHead, ownStart[row]) + j, own, total);
            total.div(sum).intoArray(out, at + j);
        }
        if (j < headSize) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, headSize);
            FloatVector total =
                    weighted(scores, 0, valuesAt(keyHead, prefixStart[row]) + j, prefix, FloatVector.zero(SPECIES));
            total = weighted(scores, prefix, valuesAt(keyHead, ownStart[row]) + j, own, total);
            total.div(sum).intoArray(out, at + j, mask);
        }
    }

    /// `into[at + i] = query · key(first + i)` for `count` cache rows.
    private void scores(float[] into, int at, int queryAt, int keyHead, int first, int count) {
        int end = first + count;
        for (int block = first / LANES; block * LANES < end; block++) {
            int base = (keyHead * cache.blocks + block) * headSize * LANES;
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int d = 0; d < headSize; d++) {
                sum = FloatVector.fromArray(SPECIES, cache.keys, base + d * LANES)
                        .fma(FloatVector.broadcast(SPECIES, qkv[queryAt + d]), sum);
            }
            int relative = block * LANES - first;
            if (relative >= 0 && relative + LANES <= count) {
                sum.intoArray(into, at + relative);
            } else {
                store(sum, into, at, relative, count);
            }
        }
    }

    /// Stores the lanes whose place is inside `0 … count − 1`.
    private static void store(FloatVector sum, float[] into, int at, int relative, int count) {
        for (int lane = Math.max(0, -relative); lane < LANES && relative + lane < count; lane++) {
            into[at + relative + lane] = sum.lane(lane);
        }
    }

    /// Replaces scores by `e^(scale·(s − max))` and returns their sum.
    private float exponentials(float[] scores, int length) {
        FloatVector lowest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int j = length; j % LANES != 0; j++) {
            scores[j] = Float.NEGATIVE_INFINITY;
        }
        FloatVector maxima = lowest;
        for (int j = 0; j < length; j += LANES) {
            FloatVector s = FloatVector.fromArray(SPECIES, scores, j);
            maxima = maxima.blend(s, s.compare(VectorOperators.GT, maxima));
        }
        float maximum = maxima.reduceLanes(VectorOperators.MAX);
        FloatVector shift = FloatVector.broadcast(SPECIES, -scale * maximum);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = 0; j < length; j += LANES) {
            FloatVector p = VectorMath.expOfNonPositive(
                    FloatVector.fromArray(SPECIES, scores, j).fma(FloatVector.broadcast(SPECIES, scale), shift));
            p.intoArray(scores, j);
            sum = sum.add(p);
        }
        return VectorMath.sumLanes(sum);
    }

    private FloatVector weighted(float[] weights, int at, int valuesAt, int count, FloatVector start) {
        FloatVector sum = start;
        for (int i = 0; i < count; i++) {
            sum = FloatVector.fromArray(SPECIES, cache.values, valuesAt + i * headSize)
                    .fma(FloatVector.broadcast(SPECIES, weights[at + i]), sum);
        }
        return sum;
    }
}
