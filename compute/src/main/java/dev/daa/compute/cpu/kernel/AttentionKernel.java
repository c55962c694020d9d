package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.kernel.AttentionScratch.BLOCK;
import static dev.daa.compute.cpu.parallel.VectorMath.LANES;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.HeadProduct;
import dev.daa.compute.cpu.product.Packing;
import java.util.Arrays;

/// Causal attention over segments and their shared prefixes.
///
/// A task is one group of segments (a prefix and what continues it) and one key-value head, so that no two tasks write
/// the same row. It copies the group's keys and values once and goes through blocks of [AttentionScratch#BLOCK]
/// queries. Scores are kept *transposed*, `[keys, queries]`: the lanes of a vector are queries, so that maximum, sum
/// and derivative of the softmax need no reduction over lanes, and a row's result does not depend on the other rows.
final class AttentionKernel {

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
            HeadRows.gather(
                    qkv,
                    start * packedWidth + keysAt + keyHead * headSize,
                    packedWidth,
                    headSize,
                    length,
                    memory.keys,
                    at * padded,
                    padded);
            HeadRows.gather(
                    qkv,
                    start * packedWidth + valuesAt + keyHead * headSize,
                    packedWidth,
                    headSize,
                    length,
                    memory.values,
                    at * padded,
                    padded);
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

        /// Copies the block's heads to padded rows and transposes them to `[padded head size, columns(count)]`.
        /// Lanes behind `count` get what was there before, which nothing reads.
        final void transpose(
                AttentionScratch memory,
                float[] from,
                int at,
                int stride,
                int count,
                float[] rows,
                float[] transposed) {
            int columns = columns(count);
            HeadRows.gather(from, at, stride, headSize, count, rows, 0, padded);
            Packing.transposedPanel(padded, columns, rows, 0, padded, transposed, 0, columns, memory.packing);
        }

        /// `scores[key, query] = key · query` for the block's queries, transposed to `[head size,
        /// columns(count)]`.
        final void products(float[] rows, int keyCount, float[] transposed, int count, float[] into) {
            int columns = columns(count);
            HeadProduct.set(keyCount, columns, headSize, rows, 0, padded, 1, transposed, 0, columns, into, 0, BLOCK);
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
            transpose(
                    memory,
                    qkv,
                    row * packedWidth + head * headSize,
                    packedWidth,
                    count,
                    memory.queries,
                    memory.transposed);
            products(memory.keys, keyCount, memory.transposed, count, memory.scores);
            for (int lane = 0; lane < count; lane += LANES) {
                int first = before + lane;
                LaneSoftmax.maximum(memory.scores, BLOCK, keyCount, first, lane, memory.maxima);
                LaneSoftmax.exponentials(
                        memory.scores, BLOCK, keyCount, first, lane, scale, memory.maxima, memory.sums);
                LaneSoftmax.finish(lane, scale, memory.maxima, memory.sums, memory.logSums);
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
            int outWidth = heads * headSize;
            HeadRows.scale(memory.result, padded, count, memory.sums);
            HeadRows.scatter(
                    memory.result, 0, padded, headSize, count, out, row * outWidth + head * headSize, outWidth);
            for (int i = 0; i < count; i++) {
                logSumExp[(row + i) * heads + head] = memory.logSums[i];
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
            HeadRows.scatter(memory.dKeys, at * padded, padded, headSize, length, dQkv, first + keysAt, packedWidth);
            HeadRows.scatter(
                    memory.dValues, at * padded, padded, headSize, length, dQkv, first + valuesAt, packedWidth);
        }

        @Override
        void block(AttentionScratch memory, int row, int count, int before, int head) {
            int keyCount = before + count;
            int queriesAt = row * packedWidth + head * headSize;
            int outWidth = heads * headSize;
            int outAt = row * outWidth + head * headSize;
            transpose(memory, qkv, queriesAt, packedWidth, count, memory.queries, memory.transposed);
            transpose(memory, dOut, outAt, outWidth, count, memory.dOut, memory.dTransposed);
            products(memory.keys, keyCount, memory.transposed, count, memory.scores);
            products(memory.values, keyCount, memory.dTransposed, count, memory.dScores);
            for (int i = 0; i < count; i++) {
                memory.logSums[i] = logSumExp[(row + i) * heads + head];
            }
            for (int lane = 0; lane < count; lane += LANES) {
                int first = before + lane;
                LaneSoftmax.probabilities(
                        memory.scores,
                        memory.dScores,
                        BLOCK,
                        keyCount,
                        first,
                        lane,
                        scale,
                        memory.logSums,
                        memory.sums);
                LaneSoftmax.derivatives(
                        memory.scores, memory.dScores, BLOCK, keyCount, first, lane, scale, memory.sums);
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
            HeadRows.scatter(memory.result, 0, padded, headSize, count, dQkv, queriesAt, packedWidth);
        }
    }
}
