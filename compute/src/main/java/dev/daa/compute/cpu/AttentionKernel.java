package dev.daa.compute.cpu;

import static dev.daa.compute.cpu.AttentionScratch.BLOCK;
import static dev.daa.compute.cpu.VectorMath.LANES;
import static dev.daa.compute.cpu.VectorMath.SPECIES;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Causal attention over segments and their shared prefixes.
///
/// A task is one group of segments (a prefix and what continues it) and one key-value head, so that no two tasks write
/// the same row. It copies the group's keys and values once and goes through blocks of [AttentionScratch#BLOCK]
/// queries. Scores are kept *transposed*, `[keys, queries]`: the lanes of a vector are queries, so that maximum, sum
/// and derivative of the softmax need no reduction over lanes, and a row's result does not depend on the other rows.
final class AttentionKernel {
    private static final FloatVector LANE = FloatVector.zero(SPECIES).addIndex(1);

    private AttentionKernel() {}

    /// What forward and backward have in common: shape, packed rows, and the walk over groups.
    private abstract static class Walk implements Kernel {
        final float[] qkv;
        final int heads;
        final int headsPerKey;
        final int keyValueHeads;
        final int headSize;
        final int padded;
        final int packedWidth;
        final int keysAt;
        final int valuesAt;
        final float scale;
        /// Rows of a tile as wide as a head.
        final int step;
        final float[] out;
        final float[] logSumExp;
        private final Workers workers;
        private final SegmentGroups groups;
        private final AttentionScratch[] scratch;
        private final Workers.Task task = this::group;
        private int[] segmentStart = {};
        private int[] segmentLength = {};

        Walk(float[] qkv, AttentionShape shape, float[] out, float[] logSumExp, Buffers buffers) {
            this.qkv = qkv;
            this.out = out;
            this.logSumExp = logSumExp;
            heads = shape.heads();
            keyValueHeads = shape.keyValueHeads();
            headsPerKey = heads / keyValueHeads;
            headSize = shape.headSize();
            padded = AttentionScratch.padded(headSize);
            packedWidth = shape.packedWidth();
            keysAt = shape.queryWidth();
            valuesAt = shape.queryWidth() + shape.keyValueWidth();
            scale = (float) (1 / Math.sqrt(headSize));
            step = HeadProduct.rows(padded);
            workers = buffers.workers();
            groups = buffers.groups();
            scratch = buffers.attentionScratch(headSize);
        }

        @Override
        public final void run(Batch batch) {
            segmentStart = batch.segmentStart;
            segmentLength = batch.segmentLength;
            workers.run(groups.count() * keyValueHeads, task);
        }

        private void group(int task, int worker) {
            int group = task / keyValueHeads;
            int keyHead = task % keyValueHeads;
            AttentionScratch memory = scratch[worker];
            int place = groups.first(group);
            int prefix = groups.segment(place);
            int prefixLength = segmentLength[prefix];
            begin(memory, segmentStart[prefix], 0, prefixLength, keyHead);
            queries(memory, segmentStart[prefix], prefixLength, 0, keyHead);
            for (place++; place < groups.end(group); place++) {
                int segment = groups.segment(place);
                int start = segmentStart[segment];
                int length = segmentLength[segment];
                begin(memory, start, prefixLength, length, keyHead);
                queries(memory, start, length, prefixLength, keyHead);
                end(memory, start, prefixLength, length, keyHead);
            }
            end(memory, segmentStart[prefix], 0, prefixLength, keyHead);
        }

        /// Copies the keys and values of a segment to the rows `at …` of the group's.
        void begin(AttentionScratch memory, int start, int at, int length, int keyHead) {
            copy(qkv, start * packedWidth + keysAt + keyHead * headSize, packedWidth, length, memory.keys, at);
            copy(qkv, start * packedWidth + valuesAt + keyHead * headSize, packedWidth, length, memory.values, at);
        }

        /// Called when all queries that see the segment's keys are through.
        void end(AttentionScratch memory, int start, int at, int length, int keyHead) {}

        /// All queries of a segment, by heads and blocks.
        private void queries(AttentionScratch memory, int start, int length, int offset, int keyHead) {
            for (int head = keyHead * headsPerKey; head < (keyHead + 1) * headsPerKey; head++) {
                for (int from = 0; from < length; from += BLOCK) {
                    block(memory, start + from, Math.min(BLOCK, length - from), offset + from, head);
                }
            }
        }

        /// `count` queries from row `row` on; the first of them sees `before + 1` keys, each next one more.
        abstract void block(AttentionScratch memory, int row, int count, int before, int head);

        /// Copies heads of `headSize` values to padded rows.
        final void copy(float[] from, int at, int stride, int count, float[] into, int intoRow) {
            for (int row = 0; row < count; row++) {
                int source = at + row * stride;
                int target = (intoRow + row) * padded;
                int j = 0;
                for (; j <= headSize - LANES; j += LANES) {
                    FloatVector.fromArray(SPECIES, from, source + j).intoArray(into, target + j);
                }
                for (; j < headSize; j++) {
                    into[target + j] = from[source + j];
                }
                for (; j < padded; j++) {
                    into[target + j] = 0;
                }
            }
        }

        /// The reverse of [#copy].
        final void copyBack(float[] from, int fromRow, int count, float[] into, int at, int stride) {
            for (int row = 0; row < count; row++) {
                int source = (fromRow + row) * padded;
                int target = at + row * stride;
                int j = 0;
                for (; j <= headSize - LANES; j += LANES) {
                    FloatVector.fromArray(SPECIES, from, source + j).intoArray(into, target + j);
                }
                for (; j < headSize; j++) {
                    into[target + j] = from[source + j];
                }
            }
        }

        /// `scores[key, query] = key · query` for the block's queries, transposed to `[headSize, BLOCK]`.
        final void products(float[] rows, int keyCount, float[] transposed, int count, float[] into) {
            HeadProduct.set(
                    keyCount, columns(count), headSize, rows, 0, padded, 1, transposed, 0, BLOCK, into, 0, BLOCK);
        }

        /// Queries of a block rounded up to whole vectors.
        static int columns(int count) {
            return Math.ceilDiv(count, LANES) * LANES;
        }
    }

    static final class Forward extends Walk {
        Forward(Op.Attention op, Buffers buffers) {
            super(buffers.of(op.qkv()), op.shape(), buffers.of(op.out()), buffers.of(op.logSumExp()), buffers);
        }

        @Override
        void block(AttentionScratch memory, int row, int count, int before, int head) {
            int keyCount = before + count;
            int queriesAt = row * packedWidth + head * headSize;
            Packing.transposedPanel(
                    headSize, count, qkv, queriesAt, packedWidth, memory.transposed, 0, BLOCK, memory.packing);
            products(memory.keys, keyCount, memory.transposed, count, memory.scores);
            for (int lane = 0; lane < count; lane += LANES) {
                softmax(memory, keyCount, before + lane, lane, row, count, head);
            }
            for (int i = 0; i < count; i += step) {
                int rows = Math.min(step, count - i);
                HeadProduct.set(
                        rows,
                        padded,
                        before + i + rows,
                        memory.scores,
                        i,
                        1,
                        BLOCK,
                        memory.values,
                        0,
                        padded,
                        memory.result,
                        i * padded,
                        padded);
            }
            for (int i = 0; i < count; i++) {
                Reduce.multiply(memory.result, i * padded, padded, memory.lanes[i]);
            }
            copyBack(memory.result, 0, count, out, row * heads * headSize + head * headSize, heads * headSize);
        }

        /// Turns the scores of one vector of queries into `e^(scale·(s − max))`; keeps the reciprocal sums and
        /// the log-sum-exp. Lane `i` sees the keys `0 … before + i`.
        private void softmax(
                AttentionScratch memory, int keyCount, int before, int lane, int row, int count, int head) {
            float[] scores = memory.scores;
            int all = Math.min(keyCount, before + 1);
            int any = Math.min(keyCount, before + LANES);
            FloatVector maximum = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
            for (int key = 0; key < all; key++) {
                FloatVector s = FloatVector.fromArray(SPECIES, scores, key * BLOCK + lane);
                maximum = maximum.blend(s, s.compare(VectorOperators.GT, maximum));
            }
            for (int key = all; key < any; key++) {
                FloatVector s = FloatVector.fromArray(SPECIES, scores, key * BLOCK + lane);
                maximum =
                        maximum.blend(s, s.compare(VectorOperators.GT, maximum).and(seen(key - before)));
            }
            FloatVector shift = maximum.mul(-scale);
            FloatVector factor = FloatVector.broadcast(SPECIES, scale);
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int key = 0; key < all; key++) {
                int at = key * BLOCK + lane;
                FloatVector p = VectorMath.expOfNonPositive(
                        FloatVector.fromArray(SPECIES, scores, at).fma(factor, shift));
                sum = sum.add(p);
                p.intoArray(scores, at);
            }
            for (int key = all; key < any; key++) {
                int at = key * BLOCK + lane;
                FloatVector p = VectorMath.expOfNonPositive(
                                FloatVector.fromArray(SPECIES, scores, at).fma(factor, shift))
                        .blend(0f, seen(key - before).not());
                sum = sum.add(p);
                p.intoArray(scores, at);
            }
            zero(scores, any, keyCount, lane);
            FloatVector.broadcast(SPECIES, 1f).div(sum).intoArray(memory.lanes, lane);
            VectorMath.log(sum).sub(shift).intoArray(memory.packing, 0);
            for (int i = 0; i < Math.min(LANES, count - lane); i++) {
                logSumExp[(row + lane + i) * heads + head] = memory.packing[i];
            }
        }
    }

    /// With P from the stored log-sum-exp: `dV = Pᵀ·dO`, `dP = dO·Vᵀ`, `dS = P∘(dP − Σ_keys P∘dP)·scale`, `dQ =
    /// dS·K`, `dK = dSᵀ·Q` (Dao et al. 2205.14135, appendix B.4).
    static final class Backward extends Walk {
        private final float[] dOut;
        private final float[] dQkv;

        Backward(Op.AttentionBackward op, Buffers buffers) {
            super(buffers.of(op.qkv()), op.shape(), buffers.of(op.out()), buffers.of(op.logSumExp()), buffers);
            dOut = buffers.of(op.dOut());
            dQkv = buffers.of(op.dQkv());
        }

        @Override
        void begin(AttentionScratch memory, int start, int at, int length, int keyHead) {
            super.begin(memory, start, at, length, keyHead);
            Arrays.fill(memory.dKeys, at * padded, (at + length) * padded, 0);
            Arrays.fill(memory.dValues, at * padded, (at + length) * padded, 0);
        }

        @Override
        void end(AttentionScratch memory, int start, int at, int length, int keyHead) {
            int first = start * packedWidth + keyHead * headSize;
            copyBack(memory.dKeys, at, length, dQkv, first + keysAt, packedWidth);
            copyBack(memory.dValues, at, length, dQkv, first + valuesAt, packedWidth);
        }

        @Override
        void block(AttentionScratch memory, int row, int count, int before, int head) {
            int keyCount = before + count;
            int queriesAt = row * packedWidth + head * headSize;
            int outWidth = heads * headSize;
            int outAt = row * outWidth + head * headSize;
            Packing.transposedPanel(
                    headSize, count, qkv, queriesAt, packedWidth, memory.transposed, 0, BLOCK, memory.packing);
            Packing.transposedPanel(
                    headSize, count, dOut, outAt, outWidth, memory.dTransposed, 0, BLOCK, memory.packing);
            copy(qkv, queriesAt, packedWidth, count, memory.queries, 0);
            copy(dOut, outAt, outWidth, count, memory.dOut, 0);
            products(memory.keys, keyCount, memory.transposed, count, memory.scores);
            products(memory.values, keyCount, memory.dTransposed, count, memory.dScores);
            for (int i = 0; i < count; i++) {
                memory.lanes[i] = logSumExp[(row + i) * heads + head];
            }
            for (int lane = 0; lane < count; lane += LANES) {
                softmaxDerivative(memory, keyCount, before + lane, lane);
            }
            for (int key = 0; key < keyCount; key += step) {
                int rows = Math.min(step, keyCount - key);
                // Queries before the first of these keys do not see them.
                int from = Math.max(0, key - before);
                int at = key * BLOCK + from;
                HeadProduct.add(
                        rows,
                        padded,
                        count - from,
                        memory.scores,
                        at,
                        BLOCK,
                        1,
                        memory.dOut,
                        from * padded,
                        padded,
                        memory.dValues,
                        key * padded,
                        padded);
                HeadProduct.add(
                        rows,
                        padded,
                        count - from,
                        memory.dScores,
                        at,
                        BLOCK,
                        1,
                        memory.queries,
                        from * padded,
                        padded,
                        memory.dKeys,
                        key * padded,
                        padded);
            }
            for (int i = 0; i < count; i += step) {
                int rows = Math.min(step, count - i);
                HeadProduct.set(
                        rows,
                        padded,
                        before + i + rows,
                        memory.dScores,
                        i,
                        1,
                        BLOCK,
                        memory.keys,
                        0,
                        padded,
                        memory.result,
                        i * padded,
                        padded);
            }
            copyBack(memory.result, 0, count, dQkv, queriesAt, packedWidth);
        }

        private void softmaxDerivative(AttentionScratch memory, int keyCount, int before, int lane) {
            float[] scores = memory.scores;
            float[] dScores = memory.dScores;
            int all = Math.min(keyCount, before + 1);
            int any = Math.min(keyCount, before + LANES);
            FloatVector shift =
                    FloatVector.fromArray(SPECIES, memory.lanes, lane).neg();
            FloatVector factor = FloatVector.broadcast(SPECIES, scale);
            FloatVector delta = FloatVector.zero(SPECIES);
            for (int key = 0; key < all; key++) {
                int at = key * BLOCK + lane;
                FloatVector p = VectorMath.expOfNonPositive(
                        FloatVector.fromArray(SPECIES, scores, at).fma(factor, shift));
                delta = p.fma(FloatVector.fromArray(SPECIES, dScores, at), delta);
                p.intoArray(scores, at);
            }
            for (int key = all; key < any; key++) {
                int at = key * BLOCK + lane;
                FloatVector p = VectorMath.expOfNonPositive(
                                FloatVector.fromArray(SPECIES, scores, at).fma(factor, shift))
                        .blend(0f, seen(key - before).not());
                delta = p.fma(FloatVector.fromArray(SPECIES, dScores, at), delta);
                p.intoArray(scores, at);
            }
            for (int key = 0; key < any; key++) {
                int at = key * BLOCK + lane;
                FloatVector.fromArray(SPECIES, dScores, at)
                        .sub(delta)
                        .mul(FloatVector.fromArray(SPECIES, scores, at))
                        .mul(scale)
                        .intoArray(dScores, at);
            }
            zero(scores, any, keyCount, lane);
            zero(dScores, any, keyCount, lane);
        }
    }

    /// Lanes that see the key `distance` places behind the first lane's own.
    private static VectorMask<Float> seen(int distance) {
        return LANE.compare(VectorOperators.GE, (float) distance);
    }

    private static void zero(float[] scores, int fromKey, int toKey, int lane) {
        for (int key = fromKey; key < toKey; key++) {
            FloatVector.zero(SPECIES).intoArray(scores, key * BLOCK + lane);
        }
    }
}
