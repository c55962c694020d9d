package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.cpu.parallel.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The causal softmax of attention on transposed scores `[keys, stride]`: each lane of a vector is a query, and lane
/// `i` of the vector at column `lane` sees the keys `0 … before + i`. Nothing is reduced over lanes. What one pass
/// leaves for the next lies in arrays by column, not in vectors that methods would have to return.
final class LaneSoftmax {
    private static final FloatVector LANE = FloatVector.zero(SPECIES).addIndex(1);

    private LaneSoftmax() {}

    /// `maxima[lane …] = max_keys scores`.
    static void maximum(float[] scores, int stride, int keyCount, int before, int lane, float[] maxima) {
        int end = Math.min(keyCount, before + LANES);
        FloatVector maximum = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        int at = lane;
        for (int key = 0; key < end; key++) {
            FloatVector s = FloatVector.fromArray(SPECIES, scores, at);
            maximum =
                    maximum.blend(s, s.compare(VectorOperators.GT, maximum).and(LANE.compare(VectorOperators.GE, (float)
                            (key - before))));
            at += stride;
        }
        maximum.intoArray(maxima, lane);
    }

    /// `scores ← e^(scale·(scores − maximum))`, 0 where a lane does not see the key; `sums[lane …]` is their sum.
    static void exponentials(
            float[] scores, int stride, int keyCount, int before, int lane, float scale, float[] maxima, float[] sums) {
        int end = Math.min(keyCount, before + LANES);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector shift = FloatVector.fromArray(SPECIES, maxima, lane).mul(-scale);
        FloatVector sum = FloatVector.zero(SPECIES);
        int at = lane;
        for (int key = 0; key < end; key++) {
            FloatVector p = VectorMath.expOfNonPositive(
                            FloatVector.fromArray(SPECIES, scores, at).fma(factor, shift))
                    .blend(0f, LANE.compare(VectorOperators.LT, (float) (key - before)));
            sum = sum.add(p);
            p.intoArray(scores, at);
            at += stride;
        }
        sum.intoArray(sums, lane);
        zero(scores, stride, end, keyCount, lane);
    }

    /// `sums ← 1/sums` and `logSumExp = scale·maximum + ln sum` of the vector at `lane`.
    static void finish(int lane, float scale, float[] maxima, float[] sums, float[] logSumExp) {
        FloatVector sum = FloatVector.fromArray(SPECIES, sums, lane);
        FloatVector.fromArray(SPECIES, maxima, lane)
                .mul(scale)
                .add(VectorMath.log(sum))
                .intoArray(logSumExp, lane);
        FloatVector.broadcast(SPECIES, 1f).div(sum).intoArray(sums, lane);
    }

    /// `scores ← P = e^(scale·scores − logSumExp)`, 0 where a lane does not see the key; `deltas = Σ_keys
    /// P·dScores`.
    static void probabilities(
            float[] scores,
            float[] dScores,
            int stride,
            int keyCount,
            int before,
            int lane,
            float scale,
            float[] logSumExp,
            float[] deltas) {
        int end = Math.min(keyCount, before + LANES);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector shift = FloatVector.fromArray(SPECIES, logSumExp, lane).neg();
        FloatVector delta = FloatVector.zero(SPECIES);
        int at = lane;
        for (int key = 0; key < end; key++) {
            FloatVector p = VectorMath.expOfNonPositive(
                            FloatVector.fromArray(SPECIES, scores, at).fma(factor, shift))
                    .blend(0f, LANE.compare(VectorOperators.LT, (float) (key - before)));
            delta = p.fma(FloatVector.fromArray(SPECIES, dScores, at), delta);
            p.intoArray(scores, at);
            at += stride;
        }
        delta.intoArray(deltas, lane);
        zero(scores, stride, end, keyCount, lane);
    }

    /// `dScores ← P·(dScores − delta)·scale`.
    static void derivatives(
            float[] probabilities,
            float[] dScores,
            int stride,
            int keyCount,
            int before,
            int lane,
            float scale,
            float[] deltas) {
        int end = Math.min(keyCount, before + LANES);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector shift = FloatVector.fromArray(SPECIES, deltas, lane).mul(-scale);
        int at = lane;
        for (int key = 0; key < end; key++) {
            FloatVector.fromArray(SPECIES, dScores, at)
                    .fma(factor, shift)
                    .mul(FloatVector.fromArray(SPECIES, probabilities, at))
                    .intoArray(dScores, at);
            at += stride;
        }
        zero(dScores, stride, end, keyCount, lane);
    }

    private static void zero(float[] scores, int stride, int fromKey, int toKey, int lane) {
        for (int key = fromKey; key < toKey; key++) {
            FloatVector.zero(SPECIES).intoArray(scores, key * stride + lane);
        }
    }
}
