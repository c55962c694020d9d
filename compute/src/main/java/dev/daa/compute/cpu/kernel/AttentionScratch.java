package dev.daa.compute.cpu.kernel;

import dev.daa.compute.cpu.parallel.VectorMath;
import dev.daa.compute.cpu.product.HeadProduct;
import dev.daa.compute.cpu.product.Packing;

/// One worker's memory for attention: keys and values of a group and their derivatives, and a block of queries with its
/// scores. Rows of heads are padded to whole vectors.
final class AttentionScratch {
    /// Queries of a block: the lanes of a row of scores.
    static final int BLOCK = HeadProduct.VECTORS * VectorMath.LANES;

    final float[] keys;
    final float[] values;
    final float[] dKeys;
    final float[] dValues;
    /// `[keys, BLOCK]`: scores, then probabilities.
    final float[] scores;
    /// `[keys, BLOCK]`: derivatives of the probabilities, then of the scores.
    final float[] dScores;
    /// `[BLOCK, padded head size]`.
    final float[] queries;
    final float[] dOut;
    final float[] result;
    /// `[padded head size, queries in whole vectors]`.
    final float[] transposed;
    final float[] dTransposed;
    /// `[BLOCK]`.
    final float[] maxima;
    final float[] sums;
    final float[] logSums;
    final float[] packing;

    AttentionScratch(int rows, int headSize, boolean backward) {
        int padded = padded(headSize);
        int perKey = rows * padded;
        int perScore = rows * BLOCK;
        int perQuery = BLOCK * padded;
        keys = new float[perKey];
        values = new float[perKey];
        scores = new float[perScore];
        result = new float[perQuery];
        transposed = new float[padded * BLOCK];
        maxima = new float[BLOCK];
        sums = new float[BLOCK];
        logSums = new float[BLOCK];
        packing = new float[Packing.scratchSize()];
        dKeys = new float[backward ? perKey : 0];
        dValues = new float[backward ? perKey : 0];
        dScores = new float[backward ? perScore : 0];
        queries = new float[perQuery];
        dOut = new float[backward ? perQuery : 0];
        dTransposed = new float[backward ? padded * BLOCK : 0];
    }

    /// Values of one worker's memory.
    static long values(int rows, int headSize, boolean backward) {
        int padded = padded(headSize);
        long perRow = 2L * padded + BLOCK;
        long perBlock = 3L * BLOCK * padded;
        return (backward ? 2 : 1) * rows * perRow + perBlock + (backward ? 2L * BLOCK * padded : 0);
    }

    /// Head size rounded up to whole vectors.
    static int padded(int headSize) {
        return Math.ceilDiv(headSize, VectorMath.LANES) * VectorMath.LANES;
    }
}
