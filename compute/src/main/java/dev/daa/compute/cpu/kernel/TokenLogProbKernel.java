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
import org.jspecify.annotations.Nullable;

/// Log-probability of target tokens, entropy of their distributions, and the derivatives of both, over blocks of
/// logits.
final class TokenLogProbKernel {
    private static final int ROWS_PER_TASK = 8;

    private TokenLogProbKernel() {}

    /// Keeps per target the running maximum m of the scaled logits z, `s = Σ e^(z − m)` and `w = Σ e^(z − m)(z −
    /// m)`. Then `logSumExp = m + ln s` and `entropy = ln s − w/s`.
    static final class Forward implements Kernel {
        private final Workers workers;
        private final HeadLogits head;
        private final float[] logProb;
        private final float[] entropy;
        private final float[] logSumExp;
        private final float[] maximum;
        private final float[] sum;
        private final float[] weighted;
        private final Workers.RangeTask rowsTask = this::rows;
        private int[] targetToken = {};
        private float inverseTemperature;
        private int blockRow;
        private int blockFrom;
        private int blockTo;

        Forward(Op.TokenLogProb op, HeadLogits head, Buffers buffers) {
            workers = buffers.workers();
            this.head = head;
            logProb = buffers.of(op.logProb());
            entropy = buffers.of(op.entropy());
            logSumExp = buffers.of(op.logSumExp());
            int targets = buffers.capacity().targets();
            maximum = new float[targets];
            sum = new float[targets];
            weighted = new float[targets];
        }

        @Override
        public void run(Batch batch) {
            int targets = batch.targets();
            int vocabulary = head.vocabulary();
            targetToken = batch.targetToken;
            requireInside(batch, vocabulary);
            inverseTemperature = inverse(batch.temperature);
            Arrays.fill(maximum, 0, targets, Float.NEGATIVE_INFINITY);
            Arrays.fill(sum, 0, targets, 0);
            Arrays.fill(weighted, 0, targets, 0);
            head.begin(batch);
            for (blockRow = 0; blockRow < targets; blockRow += head.blockRows()) {
                int toRow = Math.min(targets, blockRow + head.blockRows());
                for (blockFrom = 0; blockFrom < vocabulary; blockFrom += head.blockColumns()) {
                    blockTo = Math.min(vocabulary, blockFrom + head.blockColumns());
                    head.form(blockRow, toRow, blockFrom, blockTo);
                    workers.runRanges(toRow - blockRow, ROWS_PER_TASK, rowsTask);
                }
            }
            for (int target = 0; target < targets; target++) {
                float logOfSum = (float) Math.log(sum[target]);
                logSumExp[target] = maximum[target] + logOfSum;
                logProb[target] -= logSumExp[target];
                entropy[target] = logOfSum - weighted[target] / sum[target];
            }
        }

        private void rows(int from, int to, int worker) {
            for (int index = from; index < to; index++) {
                int target = blockRow + index;
                int at = head.row(index);
                for (int column = blockFrom; column < blockTo; column += HeadLogits.COLUMNS) {
                    advance(target, at + column - blockFrom, Math.min(HeadLogits.COLUMNS, blockTo - column));
                }
                int token = targetToken[target];
                if (token >= blockFrom && token < blockTo) {
                    logProb[target] = head.logits()[at + token - blockFrom] * inverseTemperature;
                }
            }
        }

        /// Adds `length` logits to the running sums of `target`.
        private void advance(int target, int at, int length) {
            float[] logits = head.logits();
            float before = maximum[target];
            float now = Math.max(before, inverseTemperature * Reduce.maximum(logits, at, length));
            if (now > before && before != Float.NEGATIVE_INFINITY) {
                float factor = (float) Math.exp(before - now);
                weighted[target] = factor * (weighted[target] + sum[target] * (before - now));
                sum[target] *= factor;
            }
            maximum[target] = now;
            if (length % LANES == 0) {
                addWhole(target, at, length, now);
            } else {
                addMasked(target, at, length, now);
            }
        }

        // Two loops, because a tail behind one loop makes the compiler keep the sums in memory.
        private void addWhole(int target, int at, int length, float now) {
            float[] logits = head.logits();
            FloatVector shift = FloatVector.broadcast(SPECIES, -now);
            FloatVector scale = FloatVector.broadcast(SPECIES, inverseTemperature);
            FloatVector sums = FloatVector.zero(SPECIES);
            FloatVector weightedSums = FloatVector.zero(SPECIES);
            for (int j = 0; j < length; j += LANES) {
                FloatVector z = FloatVector.fromArray(SPECIES, logits, at + j).fma(scale, shift);
                FloatVector e = VectorMath.expOfNonPositive(z);
                sums = sums.add(e);
                weightedSums = e.fma(z, weightedSums);
            }
            sum[target] += VectorMath.sumLanes(sums);
            weighted[target] += VectorMath.sumLanes(weightedSums);
        }

        private void addMasked(int target, int at, int length, float now) {
            float[] logits = head.logits();
            FloatVector shift = FloatVector.broadcast(SPECIES, -now);
            FloatVector scale = FloatVector.broadcast(SPECIES, inverseTemperature);
            FloatVector sums = FloatVector.zero(SPECIES);
            FloatVector weightedSums = FloatVector.zero(SPECIES);
            for (int j = 0; j < length; j += LANES) {
                VectorMask<Float> mask = SPECIES.indexInRange(j, length);
                FloatVector z =
                        FloatVector.fromArray(SPECIES, logits, at + j, mask).fma(scale, shift);
                FloatVector e = VectorMath.expOfNonPositive(z).blend(0f, mask.not());
                sums = sums.add(e);
                weightedSums = e.fma(z, weightedSums);
            }
            sum[target] += VectorMath.sumLanes(sums);
            weighted[target] += VectorMath.sumLanes(weightedSums);
        }
    }

    /// Turns each block of logits into derivatives in place, which [HeadGradient] carries on.
    static final class Backward implements Kernel {
        private final Workers workers;
        private final HeadLogits head;
        private final HeadGradient gradient;
        private final float[] entropy;
        private final float[] logSumExp;
        private final float[] dLogProb;
        private final float @Nullable [] dEntropy;
        private final Workers.RangeTask rowsTask = this::rows;
        private int[] targetToken = {};
        private float inverseTemperature;
        private int blockRow;
        private int blockFrom;
        private int blockTo;

        Backward(Op.TokenLogProbBackward op, HeadLogits head, Buffers buffers) {
            workers = buffers.workers();
            this.head = head;
            gradient = new HeadGradient(head, op.weight(), op.dHidden(), op.accumulate(), buffers);
            entropy = buffers.of(op.entropy());
            logSumExp = buffers.of(op.logSumExp());
            dLogProb = buffers.of(op.dLogProb());
            dEntropy = op.dEntropy() == null ? null : buffers.of(op.dEntropy());
        }

        @Override
        public void run(Batch batch) {
            int targets = batch.targets();
            targetToken = batch.targetToken;
            inverseTemperature = inverse(batch.temperature);
            int vocabulary = head.vocabulary();
            for (blockRow = 0; blockRow < targets; blockRow += head.blockRows()) {
                int toRow = Math.min(targets, blockRow + head.blockRows());
                for (blockFrom = 0; blockFrom < vocabulary; blockFrom += head.blockColumns()) {
                    blockTo = Math.min(vocabulary, blockFrom + head.blockColumns());
                    head.recall(blockRow, toRow, blockFrom, blockTo);
                    workers.runRanges(toRow - blockRow, ROWS_PER_TASK, rowsTask);
                    gradient.add(blockRow, toRow, blockFrom, blockTo);
                }
            }
            gradient.scatter(batch);
        }

        private void rows(int from, int to, int worker) {
            for (int index = from; index < to; index++) {
                int target = blockRow + index;
                int at = head.row(index);
                float d = dLogProb[target] * inverseTemperature;
                if (dEntropy == null) {
                    derivative(at, logSumExp[target], d);
                } else {
                    derivative(at, logSumExp[target], d, dEntropy[target] * inverseTemperature, entropy[target]);
                }
                int token = targetToken[target];
                if (token >= blockFrom && token < blockTo) {
                    head.logits()[at + token - blockFrom] += d;
                }
            }
        }

        /// logit ← −d·p.
        private void derivative(int at, float shift, float d) {
            float[] logits = head.logits();
            FloatVector scale = FloatVector.broadcast(SPECIES, inverseTemperature);
            FloatVector offset = FloatVector.broadcast(SPECIES, -shift);
            int length = blockTo - blockFrom;
            int bound = SPECIES.loopBound(length);
            for (int j = 0; j < bound; j += LANES) {
                VectorMath.exp(FloatVector.fromArray(SPECIES, logits, at + j).fma(scale, offset))
                        .mul(-d)
                        .intoArray(logits, at + j);
            }
            if (bound < length) {
                VectorMask<Float> mask = SPECIES.indexInRange(bound, length);
                VectorMath.exp(FloatVector.fromArray(SPECIES, logits, at + bound, mask)
                                .fma(scale, offset))
                        .mul(-d)
                        .intoArray(logits, at + bound, mask);
            }
        }

        /// logit ← −p·(d + e·(ln p + entropy)).
        private void derivative(int at, float shift, float d, float e, float entropyOfRow) {
            float[] logits = head.logits();
            FloatVector scale = FloatVector.broadcast(SPECIES, inverseTemperature);
            FloatVector offset = FloatVector.broadcast(SPECIES, -shift);
            FloatVector slope = FloatVector.broadcast(SPECIES, -e);
            FloatVector base = FloatVector.broadcast(SPECIES, -d - e * entropyOfRow);
            int length = blockTo - blockFrom;
            for (int j = 0; j < length; j += LANES) {
                VectorMask<Float> mask = SPECIES.indexInRange(j, length);
                FloatVector logP =
                        FloatVector.fromArray(SPECIES, logits, at + j, mask).fma(scale, offset);
                VectorMath.exp(logP).mul(logP.fma(slope, base)).intoArray(logits, at + j, mask);
            }
        }
    }

    /// 1/temperature; 0 (greedy) counts as 1.
    static float inverse(float temperature) {
        return temperature == 0 ? 1 : 1 / temperature;
    }

    private static void requireInside(Batch batch, int vocabulary) {
        for (int target = 0; target < batch.targets(); target++) {
            int token = batch.targetToken[target];
            if (token < 0 || token >= vocabulary) {
                throw new IllegalArgumentException("token " + token + " of target " + target
                        + " is outside the vocabulary of " + vocabulary + " tokens");
            }
        }
    }
}
