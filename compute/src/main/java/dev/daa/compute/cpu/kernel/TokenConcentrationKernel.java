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

/// `log Σ p² = log Σ e^(2(z − m)) − 2 log Σ e^(z − m)` over blocks of scaled logits z with a running maximum m, and the
/// largest logits seen so far, from which entropy and mass of the likeliest tokens follow where they are wanted.
final class TokenConcentrationKernel implements Kernel {
    private static final int ROWS_PER_TASK = 8;

    private final Workers workers;
    private final HeadLogits head;
    private final float[] logCollision;
    private final float @Nullable [] topEntropy;
    private final float @Nullable [] topMass;
    /// Tokens that are kept.
    private final int top;
    /// Scaled logits of each target's likeliest tokens so far, falling.
    private final float[] largest;
    private final float[] maximum;
    private final float[] sum;
    private final float[] squares;
    private final Workers.RangeTask rowsTask = this::rows;
    private float inverseTemperature;
    private int blockRow;
    private int blockFrom;
    private int blockTo;

    TokenConcentrationKernel(Op.TokenConcentration op, Buffers buffers) {
        workers = buffers.workers();
        head = new HeadLogits(op.hidden(), op.weight(), false, buffers);
        logCollision = buffers.of(op.logCollision());
        topEntropy = op.topEntropy() == null ? null : buffers.of(op.topEntropy());
        topMass = op.topMass() == null ? null : buffers.of(op.topMass());
        top = Math.min(op.top(), head.vocabulary());
        int targets = buffers.capacity().targets();
        largest = new float[targets * top];
        maximum = new float[targets];
        sum = new float[targets];
        squares = new float[targets];
    }

    @Override
    public void run(Batch batch) {
        int targets = batch.targets();
        int vocabulary = head.vocabulary();
        inverseTemperature = TokenLogProbKernel.inverse(batch.temperature);
        Arrays.fill(maximum, 0, targets, Float.NEGATIVE_INFINITY);
        Arrays.fill(sum, 0, targets, 0);
        Arrays.fill(squares, 0, targets, 0);
        Arrays.fill(largest, 0, targets * top, Float.NEGATIVE_INFINITY);
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
            logCollision[target] = (float) (Math.log(squares[target]) - 2 * Math.log(sum[target]));
            if (topEntropy != null && topMass != null) {
                finishTop(target, topEntropy, topMass);
            }
        }
    }

    private void finishTop(int target, float[] topEntropy, float[] topMass) {
        double mass = 0;
        double weighted = 0;
        for (int i = target * top; i < (target + 1) * top; i++) {
            double z = (double) largest[i] - maximum[target];
            mass += Math.exp(z);
            weighted += Math.exp(z) * z;
        }
        topEntropy[target] = (float) (Math.log(mass) - weighted / mass);
        topMass[target] = (float) (mass / sum[target]);
    }

    private void rows(int from, int to, int worker) {
        for (int index = from; index < to; index++) {
            for (int column = blockFrom; column < blockTo; column += HeadLogits.COLUMNS) {
                advance(
                        blockRow + index,
                        head.row(index) + column - blockFrom,
                        Math.min(HeadLogits.COLUMNS, blockTo - column));
            }
        }
    }

    private void advance(int target, int at, int length) {
        float[] logits = head.logits();
        float before = maximum[target];
        float now = Math.max(before, inverseTemperature * Reduce.maximum(logits, at, length));
        float factor = before == now ? 1 : (float) Math.exp(before - now);
        maximum[target] = now;
        FloatVector scale = FloatVector.broadcast(SPECIES, inverseTemperature);
        FloatVector shift = FloatVector.broadcast(SPECIES, -now);
        FloatVector sums = FloatVector.zero(SPECIES);
        FloatVector squareSums = FloatVector.zero(SPECIES);
        for (int j = 0; j < length; j += LANES) {
            VectorMask<Float> mask = SPECIES.indexInRange(j, length);
            FloatVector z = FloatVector.fromArray(SPECIES, logits, at + j, mask).fma(scale, shift);
            FloatVector e = VectorMath.expOfNonPositive(z).blend(0f, mask.not());
            sums = sums.add(e);
            squareSums = e.fma(e, squareSums);
        }
        sum[target] = Math.fma(sum[target], factor, VectorMath.sumLanes(sums));
        squares[target] = Math.fma(squares[target], factor * factor, VectorMath.sumLanes(squareSums));
        if (top > 0) {
            keepLargest(target, at, length);
        }
    }

    private void keepLargest(int target, int at, int length) {
        float[] logits = head.logits();
        int first = target * top;
        int last = first + top - 1;
        for (int j = at; j < at + length; j++) {
            float z = inverseTemperature * logits[j];
            if (z > largest[last]) {
                int place = last;
                while (place > first && largest[place - 1] < z) {
                    largest[place] = largest[place - 1];
                    place--;
                }
                largest[place] = z;
            }
        }
    }
}
