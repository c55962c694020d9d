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

    private static final int ROWS_PER_TASK = 2;
    private static final FloatVector LANE = FloatVector.zero(SPECIES).addIndex(1);

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

    /// Relative places: 0 … prefix − 1 are the prefix, then the row's own sequence. Scores start at [#LANES],
    /// because a block may begin before its range.
    private void attend(float[] scores, int row, int head) {
        int prefix = prefixLength[row];
        int own = cacheWrite[row] - ownStart[row] + 1;
        int keyHead = head / headsPerKey;
        int queryAt = row * packedWidth + head * headSize;
        scores(scores, LANES, queryAt, keyHead, prefixStart[row], prefix);
        scores(scores, LANES + prefix, queryAt, keyHead, ownStart[row], own);
        float inverse = 1 / exponentials(scores, prefix + own);
        int prefixAt = valuesAt(keyHead, prefixStart[row]);
        int ownAt = valuesAt(keyHead, ownStart[row]);
        int at = row * queryWidth + head * headSize;
        int j = 0;
        for (; j <= headSize - 2 * LANES; j += 2 * LANES) {
            weightedPair(scores, prefixAt + j, prefix, ownAt + j, own, inverse, at + j);
        }
        for (; j < headSize; j += LANES) {
            weightedVector(scores, prefixAt + j, prefix, ownAt + j, own, inverse, at + j, headSize - j);
        }
    }

    /// `into[at + i] = query · key(first + i)` for `count` cache rows, block after block as they lie in memory;
    /// four sums over every fourth value keep the multiplications apart.
    private void scores(float[] into, int at, int queryAt, int keyHead, int first, int count) {
        int end = first + count;
        float[] keys = cache.keys;
        float[] query = qkv;
        int size = headSize * LANES;
        int bound = headSize - headSize % 4;
        for (int block = first / LANES; block * LANES < end; block++) {
            int key = (keyHead * cache.blocks + block) * size;
            FloatVector sum0 = FloatVector.zero(SPECIES);
            FloatVector sum1 = FloatVector.zero(SPECIES);
            FloatVector sum2 = FloatVector.zero(SPECIES);
            FloatVector sum3 = FloatVector.zero(SPECIES);
            for (int d = 0; d < bound; d += 4) {
                sum0 = FloatVector.fromArray(SPECIES, keys, key)
                        .fma(FloatVector.broadcast(SPECIES, query[queryAt + d]), sum0);
                sum1 = FloatVector.fromArray(SPECIES, keys, key + LANES)
                        .fma(FloatVector.broadcast(SPECIES, query[queryAt + d + 1]), sum1);
                sum2 = FloatVector.fromArray(SPECIES, keys, key + 2 * LANES)
                        .fma(FloatVector.broadcast(SPECIES, query[queryAt + d + 2]), sum2);
                sum3 = FloatVector.fromArray(SPECIES, keys, key + 3 * LANES)
                        .fma(FloatVector.broadcast(SPECIES, query[queryAt + d + 3]), sum3);
                key += 4 * LANES;
            }
            for (int d = bound; d < headSize; d++) {
                sum0 = FloatVector.fromArray(SPECIES, keys, key)
                        .fma(FloatVector.broadcast(SPECIES, query[queryAt + d]), sum0);
                key += LANES;
            }
            store(sum0.add(sum1).add(sum2.add(sum3)), into, at, block * LANES - first, count);
        }
    }

    /// Stores the lanes whose place is inside `0 … count − 1`.
    private static void store(FloatVector sum, float[] into, int at, int relative, int count) {
        if (relative >= 0 && relative + LANES <= count) {
            sum.intoArray(into, at + relative);
        } else {
            VectorMask<Float> inside = LANE.compare(VectorOperators.GE, (float) -relative)
                    .and(LANE.compare(VectorOperators.LT, (float) (count - relative)));
            // A masked store takes dozens of cycles on AMD's cores.
            FloatVector.fromArray(SPECIES, into, at + relative)
                    .blend(sum, inside)
                    .intoArray(into, at + relative);
        }
    }

    /// Replaces scores by `e^(scale·(s − max))` and returns their sum.
    private float exponentials(float[] scores, int length) {
        int end = LANES + length;
        FloatVector lowest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        lowest.intoArray(scores, end);
        FloatVector maxima = lowest;
        for (int j = LANES; j < end; j += LANES) {
            FloatVector s = FloatVector.fromArray(SPECIES, scores, j);
            maxima = maxima.blend(s, s.compare(VectorOperators.GT, maxima));
        }
        float maximum = maxima.reduceLanes(VectorOperators.MAX);
        FloatVector shift = FloatVector.broadcast(SPECIES, -scale * maximum);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = LANES; j < end; j += LANES) {
            FloatVector p = VectorMath.expOfNonPositive(
                    FloatVector.fromArray(SPECIES, scores, j).fma(factor, shift));
            p.intoArray(scores, j);
            sum = sum.add(p);
        }
        return VectorMath.sumLanes(sum);
    }

    /// At most one vector of `inverse·Σ_i weight(i)·value(i)`: even and odd places of each range in sums of their
    /// own. (Vectors stay in local variables: what a method returns may end up in memory.)
    private void weightedVector(
            float[] weights, int prefixAt, int prefix, int ownAt, int own, float inverse, int outAt, int columns) {
        float[] values = cache.values;
        int step = headSize;
        FloatVector even = FloatVector.zero(SPECIES);
        FloatVector odd = FloatVector.zero(SPECIES);
        int at = LANES;
        for (int range = 0; range < 2; range++) {
            int from = range == 0 ? prefixAt : ownAt;
            int end = at + (range == 0 ? prefix : own);
            for (; at < end - 1; at += 2) {
                even = FloatVector.fromArray(SPECIES, values, from)
                        .fma(FloatVector.broadcast(SPECIES, weights[at]), even);
                odd = FloatVector.fromArray(SPECIES, values, from + step)
                        .fma(FloatVector.broadcast(SPECIES, weights[at + 1]), odd);
                from += 2 * step;
            }
            if (at < end) {
                even = FloatVector.fromArray(SPECIES, values, from)
                        .fma(FloatVector.broadcast(SPECIES, weights[at]), even);
                at++;
            }
        }
        FloatVector sum = even.add(odd).mul(inverse);
        if (columns >= LANES) {
            sum.intoArray(out, outAt);
        } else {
            sum.intoArray(out, outAt, SPECIES.indexInRange(0, columns));
        }
    }

    /// Two neighbouring vectors of the same.
    private void weightedPair(float[] weights, int prefixAt, int prefix, int ownAt, int own, float inverse, int outAt) {
        float[] values = cache.values;
        int step = headSize;
        FloatVector even0 = FloatVector.zero(SPECIES);
        FloatVector even1 = FloatVector.zero(SPECIES);
        FloatVector odd0 = FloatVector.zero(SPECIES);
        FloatVector odd1 = FloatVector.zero(SPECIES);
        int at = LANES;
        for (int range = 0; range < 2; range++) {
            int from = range == 0 ? prefixAt : ownAt;
            int end = at + (range == 0 ? prefix : own);
            for (; at < end - 1; at += 2) {
                FloatVector w0 = FloatVector.broadcast(SPECIES, weights[at]);
                even0 = FloatVector.fromArray(SPECIES, values, from).fma(w0, even0);
                even1 = FloatVector.fromArray(SPECIES, values, from + LANES).fma(w0, even1);
                FloatVector w1 = FloatVector.broadcast(SPECIES, weights[at + 1]);
                odd0 = FloatVector.fromArray(SPECIES, values, from + step).fma(w1, odd0);
                odd1 = FloatVector.fromArray(SPECIES, values, from + step + LANES)
                        .fma(w1, odd1);
                from += 2 * step;
            }
            if (at < end) {
                FloatVector w = FloatVector.broadcast(SPECIES, weights[at]);
                even0 = FloatVector.fromArray(SPECIES, values, from).fma(w, even0);
                even1 = FloatVector.fromArray(SPECIES, values, from + LANES).fma(w, even1);
                at++;
            }
        }
        even0.add(odd0).mul(inverse).intoArray(out, outAt);
        even1.add(odd1).mul(inverse).intoArray(out, outAt + LANES);
    }
}
