package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.cpu.parallel.VectorMath;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Packing;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Attention of decoding: one query per row against the cache of its layer.
///
/// Neighbouring heads of the cache form groups of about [#GROUP_VECTORS] vectors, whose keys and values lie side by
/// side and are read in the order in which they lie: what a step takes comes from beyond the second-level cache. Keys
/// lie transposed in blocks of as many cache rows as a vector has lanes, `[group, block, width of the group, lanes]`,
/// so that scores of a block come without a reduction over lanes; values lie as rows `[group, cache row, width]`. Sums
/// run over places in the sequence, not in the cache: a row's result does not depend on where in the cache its sequence
/// lies.
final class CachedAttentionKernel implements Kernel {
    /// Keys and values of one layer.
    static final class Cache {
        final float[] keys;
        final float[] values;
        /// Cache rows in whole blocks.
        final int rows;

        Cache(AttentionShape shape, int rows) {
            this.rows = Math.ceilDiv(rows, LANES) * LANES;
            keys = new float[size(shape, rows)];
            values = new float[size(shape, rows)];
        }

        /// The last vector of a row may reach behind it.
        private static int size(AttentionShape shape, int rows) {
            return Packing.ALIGNED + shape.keyValueWidth() * Math.ceilDiv(rows, LANES) * LANES + LANES;
        }
    }

    /// Vectors whose sums fit the registers, at least one head's.
    private static final int GROUP_VECTORS = 8;

    private static final int ROWS_PER_TASK = 2;
    private static final FloatVector LANE = FloatVector.zero(SPECIES).addIndex(1);

    private final Workers workers;
    private final float[] qkv;
    private final float[] out;
    private final int headsPerKey;
    private final int headSize;
    private final int packedWidth;
    private final int queryWidth;
    private final int keyValueWidth;
    /// Columns of a group of key heads; the last group may have fewer.
    private final int groupWidth;
    private final int groups;
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
        AttentionShape shape = op.shape();
        workers = buffers.workers();
        qkv = buffers.of(op.qkv());
        out = buffers.of(op.out());
        headsPerKey = shape.heads() / shape.keyValueHeads();
        headSize = shape.headSize();
        packedWidth = shape.packedWidth();
        queryWidth = shape.queryWidth();
        keyValueWidth = shape.keyValueWidth();
        groupWidth = groupHeads(shape) * headSize;
        groups = Math.ceilDiv(keyValueWidth, groupWidth);
        scale = (float) (1 / Math.sqrt(headSize));
        cache = buffers.cache(op);
        scores = buffers.cacheScores(shape);
    }

    private static int groupHeads(AttentionShape shape) {
        return Math.clamp(GROUP_VECTORS * LANES / shape.headSize(), 1, shape.keyValueHeads());
    }

    /// Values of one worker's scores: for each head of a group those of a prefix and of an own sequence.
    static long scoresSize(AttentionShape shape, int cacheRows) {
        return groupHeads(shape) * apart(2L * cacheRows);
    }

    /// Distance of two heads' scores. One vector before them and one behind them are written, too.
    private static long apart(long length) {
        return length + 2 * LANES;
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
            for (int group = 0; group < groups; group++) {
                int width = width(group);
                int at = row * packedWidth + queryWidth + group * groupWidth;
                int key = at(group, place - place % LANES) + place % LANES;
                for (int d = 0; d < width; d++) {
                    cache.keys[key + d * LANES] = qkv[at + d];
                }
                System.arraycopy(qkv, at + keyValueWidth, cache.values, at(group, place), width);
            }
        }
    }

    private int width(int group) {
        return Math.min(groupWidth, keyValueWidth - group * groupWidth);
    }

    /// Where a group's values of a cache row begin, and its keys of the block that begins with that row.
    private int at(int group, int place) {
        return Packing.ALIGNED + group * groupWidth * cache.rows + place * width(group);
    }

    private void attend(int from, int to, int worker) {
        for (int row = from; row < to; row++) {
            for (int group = 0; group < groups; group++) {
                for (int query = 0; query < headsPerKey; query++) {
                    attend(scores[worker], row, group, group * groupWidth / headSize * headsPerKey + query);
                }
            }
        }
    }

    /// The heads `head`, `head + headsPerKey`, …, one of each key head of the group. Relative places: 0 … prefix −
    /// 1 are the prefix, then the row's own sequence. A head's scores start at [VectorMath#LANES], because a block
    /// may begin before its range.
    private void attend(float[] scores, int row, int group, int head) {
        int prefix = prefixLength[row];
        int own = cacheWrite[row] - ownStart[row] + 1;
        int apart = (int) apart(prefix + own);
        int queryAt = row * packedWidth + head * headSize;
        scores(scores, LANES, apart, queryAt, group, prefixStart[row], prefix);
        scores(scores, LANES + prefix, apart, queryAt, group, ownStart[row], own);
        int width = width(group);
        for (int key = 0; key < width / headSize; key++) {
            softmax(scores, LANES + key * apart, prefix + own);
        }
        int prefixAt = at(group, prefixStart[row]);
        int ownAt = at(group, ownStart[row]);
        int outAt = row * queryWidth + head * headSize;
        if (width == GROUP_VECTORS * LANES && headSize % (2 * LANES) == 0) {
            int key1 = 2 * LANES / headSize;
            int key2 = 4 * LANES / headSize;
            int key3 = 6 * LANES / headSize;
            weightedEight(
                    scores,
                    LANES,
                    LANES + key1 * apart,
                    LANES + key2 * apart,
                    LANES + key3 * apart,
                    prefixAt,
                    prefix,
                    ownAt,
                    own,
                    outAt,
                    outAt + outOf(key1, 2 * LANES),
                    outAt + outOf(key2, 4 * LANES),
                    outAt + outOf(key3, 6 * LANES));
            return;
        }
        for (int key = 0; key < width / headSize; key++) {
            int weights = LANES + key * apart;
            int first = key * headSize;
            int into = outAt + outOf(key, first);
            int j = 0;
            for (; j <= headSize - 2 * LANES; j += 2 * LANES) {
                int column = first + j;
                weightedPair(scores, weights, width, prefixAt + column, prefix, ownAt + column, own, into + j);
            }
            for (; j < headSize; j += LANES) {
                int column = first + j;
                int columns = headSize - j;
                weightedVector(
                        scores, weights, width, prefixAt + column, prefix, ownAt + column, own, into + j, columns);
            }
        }
    }

    /// Where the result of a group's column lies, from that of its first head on.
    private int outOf(int key, int column) {
        return key * headsPerKey * headSize + column - key * headSize;
    }

    /// `into[at + key·apart + i] = query · key(first + i)` for `count` cache rows and the group's key heads, block
    /// after block as they lie in memory; four sums over every fourth value keep the multiplications apart.
    private void scores(float[] into, int at, int apart, int queryAt, int group, int first, int count) {
        float[] keys = cache.keys;
        float[] query = qkv;
        int bound = headSize - headSize % 4;
        int heads = width(group) / headSize;
        for (int place = first - first % LANES; place < first + count; place += LANES) {
            int key = at(group, place);
            for (int head = 0; head < heads; head++) {
                int q = queryAt + head * headsPerKey * headSize;
                FloatVector sum0 = FloatVector.zero(SPECIES);
                FloatVector sum1 = FloatVector.zero(SPECIES);
                FloatVector sum2 = FloatVector.zero(SPECIES);
                FloatVector sum3 = FloatVector.zero(SPECIES);
                for (int d = 0; d < bound; d += 4) {
                    sum0 = FloatVector.fromArray(SPECIES, keys, key)
                            .fma(FloatVector.broadcast(SPECIES, query[q + d]), sum0);
                    sum1 = FloatVector.fromArray(SPECIES, keys, key + LANES)
                            .fma(FloatVector.broadcast(SPECIES, query[q + d + 1]), sum1);
                    sum2 = FloatVector.fromArray(SPECIES, keys, key + 2 * LANES)
                            .fma(FloatVector.broadcast(SPECIES, query[q + d + 2]), sum2);
                    sum3 = FloatVector.fromArray(SPECIES, keys, key + 3 * LANES)
                            .fma(FloatVector.broadcast(SPECIES, query[q + d + 3]), sum3);
                    key += 4 * LANES;
                }
                for (int d = bound; d < headSize; d++) {
                    sum0 = FloatVector.fromArray(SPECIES, keys, key)
                            .fma(FloatVector.broadcast(SPECIES, query[q + d]), sum0);
                    key += LANES;
                }
                store(sum0.add(sum1).add(sum2.add(sum3)), into, at + head * apart, place - first, count);
            }
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

    /// Scores to `e^(scale·(s − max)) / Σ`.
    private void softmax(float[] scores, int from, int length) {
        int end = from + length;
        FloatVector lowest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        lowest.intoArray(scores, end);
        FloatVector maxima = lowest;
        for (int j = from; j < end; j += LANES) {
            FloatVector s = FloatVector.fromArray(SPECIES, scores, j);
            maxima = maxima.blend(s, s.compare(VectorOperators.GT, maxima));
        }
        float maximum = maxima.reduceLanes(VectorOperators.MAX);
        FloatVector shift = FloatVector.broadcast(SPECIES, -scale * maximum);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = from; j < end; j += LANES) {
            FloatVector p = VectorMath.expOfNonPositive(
                    FloatVector.fromArray(SPECIES, scores, j).fma(factor, shift));
            p.intoArray(scores, j);
            sum = sum.add(p);
        }
        FloatVector inverse = FloatVector.broadcast(SPECIES, 1 / VectorMath.sumLanes(sum));
        for (int j = from; j < end; j += LANES) {
            FloatVector.fromArray(SPECIES, scores, j).mul(inverse).intoArray(scores, j);
        }
    }

    /// At most one vector of `Σ_i weight(i)·value(i)`: even and odd places of each range in sums of their own.
    /// (Vectors stay in local variables: what a method returns may end up in memory.)
    private void weightedVector(
            float[] weights,
            int weightsAt,
            int step,
            int prefixAt,
            int prefix,
            int ownAt,
            int own,
            int outAt,
            int columns) {
        float[] values = cache.values;
        FloatVector even = FloatVector.zero(SPECIES);
        FloatVector odd = FloatVector.zero(SPECIES);
        int at = weightsAt;
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
        FloatVector sum = even.add(odd);
        if (columns >= LANES) {
            sum.intoArray(out, outAt);
        } else {
            sum.intoArray(out, outAt, SPECIES.indexInRange(0, columns));
        }
    }

    /// Two neighbouring vectors of the same.
    private void weightedPair(
            float[] weights, int weightsAt, int step, int prefixAt, int prefix, int ownAt, int own, int outAt) {
        float[] values = cache.values;
        FloatVector even0 = FloatVector.zero(SPECIES);
        FloatVector even1 = FloatVector.zero(SPECIES);
        FloatVector odd0 = FloatVector.zero(SPECIES);
        FloatVector odd1 = FloatVector.zero(SPECIES);
        int at = weightsAt;
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
        even0.add(odd0).intoArray(out, outAt);
        even1.add(odd1).intoArray(out, outAt + LANES);
    }

    /// A whole group of [#GROUP_VECTORS] vectors, of which each pair has its weights and its place in the result.
    private void weightedEight(
            float[] weights,
            int weights0,
            int weights1,
            int weights2,
            int weights3,
            int prefixAt,
            int prefix,
            int ownAt,
            int own,
            int out0,
            int out1,
            int out2,
            int out3) {
        float[] values = cache.values;
        FloatVector sum0 = FloatVector.zero(SPECIES);
        FloatVector sum1 = FloatVector.zero(SPECIES);
        FloatVector sum2 = FloatVector.zero(SPECIES);
        FloatVector sum3 = FloatVector.zero(SPECIES);
        FloatVector sum4 = FloatVector.zero(SPECIES);
        FloatVector sum5 = FloatVector.zero(SPECIES);
        FloatVector sum6 = FloatVector.zero(SPECIES);
        FloatVector sum7 = FloatVector.zero(SPECIES);
        int i = 0;
        for (int range = 0; range < 2; range++) {
            int from = range == 0 ? prefixAt : ownAt;
            int end = range == 0 ? prefix : prefix + own;
            for (; i < end; i++) {
                FloatVector w0 = FloatVector.broadcast(SPECIES, weights[weights0 + i]);
                sum0 = FloatVector.fromArray(SPECIES, values, from).fma(w0, sum0);
                sum1 = FloatVector.fromArray(SPECIES, values, from + LANES).fma(w0, sum1);
                FloatVector w1 = FloatVector.broadcast(SPECIES, weights[weights1 + i]);
                sum2 = FloatVector.fromArray(SPECIES, values, from + 2 * LANES).fma(w1, sum2);
                sum3 = FloatVector.fromArray(SPECIES, values, from + 3 * LANES).fma(w1, sum3);
                FloatVector w2 = FloatVector.broadcast(SPECIES, weights[weights2 + i]);
                sum4 = FloatVector.fromArray(SPECIES, values, from + 4 * LANES).fma(w2, sum4);
                sum5 = FloatVector.fromArray(SPECIES, values, from + 5 * LANES).fma(w2, sum5);
                FloatVector w3 = FloatVector.broadcast(SPECIES, weights[weights3 + i]);
                sum6 = FloatVector.fromArray(SPECIES, values, from + 6 * LANES).fma(w3, sum6);
                sum7 = FloatVector.fromArray(SPECIES, values, from + 7 * LANES).fma(w3, sum7);
                from += GROUP_VECTORS * LANES;
            }
        }
        sum0.intoArray(out, out0);
        sum1.intoArray(out, out0 + LANES);
        sum2.intoArray(out, out1);
        sum3.intoArray(out, out1 + LANES);
        sum4.intoArray(out, out2);
        sum5.intoArray(out, out2 + LANES);
        sum6.intoArray(out, out3);
        sum7.intoArray(out, out3 + LANES);
    }
}
