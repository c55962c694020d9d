package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.VectorMath;
import dev.daa.compute.cpu.parallel.Workers;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The divergence of two models' next-token distributions, and its derivative to the second one, over blocks of both
/// models' logits.
final class TokenKlKernel {
    private static final int ROWS_PER_TASK = 8;

    private TokenKlKernel() {}

    /// `KL(p ‖ q) = Σ p·(z_p − z_q) − logSumExp_p + logSumExp_q` of the scaled logits z, with running maxima as in
    /// [TokenLogProbKernel].
    static final class Forward implements Kernel {
        private final Workers workers;
        private final HeadLogits head;
        private final HeadLogits otherHead;
        private final float[] out;
        private final float[] logSumExp;
        private final float[] otherLogSumExp;
        private final float[] maximum;
        private final float[] sum;
        private final float[] weighted;
        private final float[] otherMaximum;
        private final float[] otherSum;
        private final Workers.RangeTask rowsTask = this::rows;
        private float inverseTemperature;
        private int blockRow;
        private int blockFrom;
        private int blockTo;

        Forward(Op.TokenKl op, Buffers buffers) {
            workers = buffers.workers();
            head = buffers.headLogits(op.logSumExp(), op.hidden(), op.weight());
            otherHead = buffers.headLogits(op.otherLogSumExp(), op.otherHidden(), op.otherWeight());
            out = buffers.of(op.out());
            logSumExp = buffers.of(op.logSumExp());
            otherLogSumExp = buffers.of(op.otherLogSumExp());
            int targets = buffers.capacity().targets();
            maximum = new float[targets];
            sum = new float[targets];
            weighted = new float[targets];
            otherMaximum = new float[targets];
            otherSum = new float[targets];
        }

        @Override
        public void run(Batch batch) {
            int targets = batch.targets();
            int vocabulary = head.vocabulary();
            inverseTemperature = TokenLogProbKernel.inverse(batch.temperature);
            Arrays.fill(maximum, 0, targets, Float.NEGATIVE_INFINITY);
            Arrays.fill(otherMaximum, 0, targets, Float.NEGATIVE_INFINITY);
            Arrays.fill(sum, 0, targets, 0);
            Arrays.fill(weighted, 0, targets, 0);
            Arrays.fill(otherSum, 0, targets, 0);
            head.begin(batch);
            otherHead.begin(batch);
            for (blockRow = 0; blockRow < targets; blockRow += head.blockRows()) {
                int toRow = Math.min(targets, blockRow + head.blockRows());
                for (blockFrom = 0; blockFrom < vocabulary; blockFrom += head.blockColumns()) {
                    blockTo = Math.min(vocabulary, blockFrom + head.blockColumns());
                    head.form(blockRow, toRow, blockFrom, blockTo);
                    otherHead.form(blockRow, toRow, blockFrom, blockTo);
                    workers.runRanges(toRow - blockRow, ROWS_PER_TASK, rowsTask);
                }
            }
            for (int target = 0; target < targets; target++) {
                double total = maximum[target] + Math.log(sum[target]);
                double otherTotal = otherMaximum[target] + Math.log(otherSum[target]);
                out[target] = (float) ((double) weighted[target] / sum[target] - total + otherTotal);
                logSumExp[target] = (float) total;
                otherLogSumExp[target] = (float) otherTotal;
            }
        }

        private void rows(int from, int to, int worker) {
            for (int index = from; index < to; index++) {
                for (int column = blockFrom; column < blockTo; column += HeadLogits.COLUMNS) {
                    int skip = column - blockFrom;
                    advance(
                            blockRow + index,
                            head.row(index) + skip,
                            otherHead.row(index) + skip,
                            Math.min(HeadLogits.COLUMNS, blockTo - column));
                }
            }
        }

        private void advance(int target, int at, int otherAt, int length) {
            float[] logits = head.logits();
            float[] otherLogits = otherHead.logits();
            float before = maximum[target];
            float now = Math.max(before, inverseTemperature * Reduce.maximum(logits, at, length));
            float otherBefore = otherMaximum[target];
            float otherNow = Math.max(otherBefore, inverseTemperature * Reduce.maximum(otherLogits, otherAt, length));
            float factor = before == now ? 1 : (float) Math.exp(before - now);
            float otherFactor = otherBefore == otherNow ? 1 : (float) Math.exp(otherBefore - otherNow);
            maximum[target] = now;
            otherMaximum[target] = otherNow;
            FloatVector scale = FloatVector.broadcast(SPECIES, inverseTemperature);
            FloatVector sums = FloatVector.zero(SPECIES);
            FloatVector weightedSums = FloatVector.zero(SPECIES);
            FloatVector otherSums = FloatVector.zero(SPECIES);
            for (int j = 0; j < length; j += LANES) {
                VectorMask<Float> mask = SPECIES.indexInRange(j, length);
                FloatVector z =
                        FloatVector.fromArray(SPECIES, logits, at + j, mask).mul(scale);
                FloatVector other = FloatVector.fromArray(SPECIES, otherLogits, otherAt + j, mask)
                        .mul(scale);
                FloatVector e = VectorMath.expOfNonPositive(z.sub(now)).blend(0f, mask.not());
                sums = sums.add(e);
                weightedSums = e.fma(z.sub(other), weightedSums);
                otherSums = otherSums.add(
                        VectorMath.expOfNonPositive(other.sub(otherNow)).blend(0f, mask.not()));
            }
            sum[target] = Math.fma(sum[target], factor, VectorMath.sumLanes(sums));
            weighted[target] = Math.fma(weighted[target], factor, VectorMath.sumLanes(weightedSums));
            otherSum[target] = Math.fma(otherSum[target], otherFactor, VectorMath.sumLanes(otherSums));
        }
    }

    /// Turns each block of the second model's logits into derivatives `dOut·(q − p)` in place, which [HeadGradient]
    /// carries on.
    static final class Backward implements Kernel {
        private final Workers workers;
        private final HeadLogits head;
        private final HeadLogits otherHead;
        private final HeadGradient gradient;
        private final float[] logSumExp;
        private final float[] otherLogSumExp;
        private final float[] dOut;
        private final Workers.RangeTask rowsTask = this::rows;
        private float inverseTemperature;
        private int blockRow;
        private int blockFrom;
        private int blockTo;

        Backward(Op.TokenKlBackward op, Buffers buffers) {
            workers = buffers.workers();
            head = buffers.headLogits(op.logSumExp(), op.hidden(), op.weight());
            otherHead = buffers.headLogits(op.otherLogSumExp(), op.otherHidden(), op.otherWeight());
            gradient = new HeadGradient(otherHead, op.otherWeight(), op.dOtherHidden(), op.accumulate(), buffers);
            logSumExp = buffers.of(op.logSumExp());
            otherLogSumExp = buffers.of(op.otherLogSumExp());
            dOut = buffers.of(op.dOut());
        }

        @Override
        public void run(Batch batch) {
            int targets = batch.targets();
            int vocabulary = head.vocabulary();
            inverseTemperature = TokenLogProbKernel.inverse(batch.temperature);
            for (blockRow = 0; blockRow < targets; blockRow += head.blockRows()) {
                int toRow = Math.min(targets, blockRow + head.blockRows());
                for (blockFrom = 0; blockFrom < vocabulary; blockFrom += head.blockColumns()) {
                    blockTo = Math.min(vocabulary, blockFrom + head.blockColumns());
                    head.recall(blockRow, toRow, blockFrom, blockTo);
                    otherHead.recall(blockRow, toRow, blockFrom, blockTo);
                    workers.runRanges(toRow - blockRow, ROWS_PER_TASK, rowsTask);
                    gradient.add(blockRow, toRow, blockFrom, blockTo);
                }
            }
            gradient.scatter(batch);
        }

        private void rows(int from, int to, int worker) {
            float[] logits = head.logits();
            float[] otherLogits = otherHead.logits();
            FloatVector scale = FloatVector.broadcast(SPECIES, inverseTemperature);
            int length = blockTo - blockFrom;
            for (int index = from; index < to; index++) {
                int target = blockRow + index;
                int at = head.row(index);
                int otherAt = otherHead.row(index);
                float d = dOut[target] * inverseTemperature;
                FloatVector shift = FloatVector.broadcast(SPECIES, -logSumExp[target]);
                FloatVector otherShift = FloatVector.broadcast(SPECIES, -otherLogSumExp[target]);
                for (int j = 0; j < length; j += LANES) {
                    VectorMask<Float> mask = SPECIES.indexInRange(j, length);
                    FloatVector p = VectorMath.exp(
                            FloatVector.fromArray(SPECIES, logits, at + j, mask).fma(scale, shift));
                    FloatVector q = VectorMath.exp(FloatVector.fromArray(SPECIES, otherLogits, otherAt + j, mask)
                            .fma(scale, otherShift));
                    q.sub(p).mul(d).intoArray(otherLogits, otherAt + j, mask);
                }
            }
        }
    }
}
