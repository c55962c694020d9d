package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// The matrix product `C[m, n] (+)= A·B (+ bias) (+ residual)`: a group of 16 × 16 work-items forms a tile of 64 × 64
/// values, 16 steps of the inner dimension at a time through local memory; a work-item keeps 4 × 4 values in private
/// memory. Strides say how the operands lie, so that one kernel serves products with either of them transposed; all of
/// them are constants in the compiled code. A value's sum runs over the inner dimension in its order, whatever the
/// other rows are.
public final class ProductKernel {
    public static final int TILE = 64;
    public static final int GROUP = 16;
    private static final int DEPTH = 16;

    /// Adds to C instead of overwriting it.
    public static final int ACCUMULATE = 1;
    /// Adds one value for each column.
    public static final int BIAS = 2;
    /// Adds a matrix that lies as C does.
    public static final int RESIDUAL = 4;
    /// A's columns lie together instead of its rows.
    public static final int A_TRANSPOSED = 8;
    /// B's columns lie together instead of its rows.
    public static final int B_TRANSPOSED = 16;

    private ProductKernel() {}

    /// A dimension that the batch decides, for [#product]: the count at that place.
    public static int dynamic(int place) {
        return -1 - place;
    }

    /// @param m rows of C, or [#dynamic]
    /// @param n columns of C
    /// @param k inner dimension, or [#dynamic]
    /// @param aStride distance in `a` from one row of A to the next, or with [#A_TRANSPOSED] from one inner index
    ///   to the next; the other distance is 1
    /// @param bStride distance in `b` from one inner index to the next, or with [#B_TRANSPOSED] from one column of
    ///   B to the next; the other distance is 1
    /// @param cRow distance in `c` from one row of C to the next
    public static void product(
            KernelContext context,
            IntArray counts,
            FloatArray a,
            FloatArray b,
            FloatArray bias,
            FloatArray residual,
            FloatArray c,
            int m,
            int n,
            int k,
            int aStride,
            int bStride,
            int cRow,
            int flags) {
        int rows = m;
        if (m < 0) {
            rows = counts.get(-1 - m);
        }
        int depth = k;
        if (k < 0) {
            depth = counts.get(-1 - k);
        }
        int aRow = aStride;
        int aInner = 1;
        if ((flags & A_TRANSPOSED) == A_TRANSPOSED) {
            aRow = 1;
            aInner = aStride;
        }
        int bInner = bStride;
        int bColumn = 1;
        if ((flags & B_TRANSPOSED) == B_TRANSPOSED) {
            bInner = 1;
            bColumn = bStride;
        }
        int tx = context.localIdx;
        int ty = context.localIdy;
        int firstRow = context.groupIdy * TILE;
        int firstColumn = context.groupIdx * TILE;
        float[] aTile = context.allocateFloatLocalArray(TILE * DEPTH);
        float[] bTile = context.allocateFloatLocalArray(TILE * DEPTH);
        float[] sums = new float[16];
        for (int i = 0; i < 16; i++) {
            sums[i] = 0;
        }
        int lane = ty * GROUP + tx;
        // Neighbouring work-items read neighbouring values.
        int aI = lane % TILE;
        int aK = lane / TILE;
        int aStepI = 0;
        int aStepK = 4;
        if (aInner == 1) {
            aI = lane / DEPTH;
            aK = lane % DEPTH;
            aStepI = 16;
            aStepK = 0;
        }
        int bJ = lane % TILE;
        int bK = lane / TILE;
        int bStepJ = 0;
        int bStepK = 4;
        if (bInner == 1) {
            bJ = lane / DEPTH;
            bK = lane % DEPTH;
            bStepJ = 16;
            bStepK = 0;
        }
        if (firstRow >= rows) {
            depth = 0;
        }
        for (int from = 0; from < depth; from += DEPTH) {
            for (int q = 0; q < 4; q++) {
                int i = aI + q * aStepI;
                int inner = aK + q * aStepK;
                float value = 0;
                if (firstRow + i < rows) {
                    if (from + inner < depth) {
                        value = a.get((firstRow + i) * aRow + (from + inner) * aInner);
                    }
                }
                aTile[inner * TILE + i] = value;
            }
            for (int q = 0; q < 4; q++) {
                int j = bJ + q * bStepJ;
                int inner = bK + q * bStepK;
                float value = 0;
                if (firstColumn + j < n) {
                    if (from + inner < depth) {
                        value = b.get((from + inner) * bInner + (firstColumn + j) * bColumn);
                    }
                }
                bTile[inner * TILE + j] = value;
            }
            context.localBarrier();
            for (int inner = 0; inner < DEPTH; inner++) {
                float b0 = bTile[inner * TILE + tx * 4];
                float b1 = bTile[inner * TILE + tx * 4 + 1];
                float b2 = bTile[inner * TILE + tx * 4 + 2];
                float b3 = bTile[inner * TILE + tx * 4 + 3];
                for (int r = 0; r < 4; r++) {
                    float x = aTile[inner * TILE + ty * 4 + r];
                    sums[r * 4] += x * b0;
                    sums[r * 4 + 1] += x * b1;
                    sums[r * 4 + 2] += x * b2;
                    sums[r * 4 + 3] += x * b3;
                }
            }
            context.localBarrier();
        }
        for (int r = 0; r < 4; r++) {
            int row = firstRow + ty * 4 + r;
            if (row < rows) {
                for (int s = 0; s < 4; s++) {
                    int column = firstColumn + tx * 4 + s;
                    if (column < n) {
                        int at = row * cRow + column;
                        float value = sums[r * 4 + s];
                        if ((flags & BIAS) == BIAS) {
                            value += bias.get(column);
                        }
                        if ((flags & RESIDUAL) == RESIDUAL) {
                            value += residual.get(at);
                        }
                        if ((flags & ACCUMULATE) == ACCUMULATE) {
                            value += c.get(at);
                        }
                        c.set(at, value);
                    }
                }
            }
        }
    }

    /// Adds what a product of a library leaves out: `C += bias + residual`, by [#BIAS] and [#RESIDUAL] of `flags`.
    /// A lane is a value of C.
    public static void finish(
            KernelContext context,
            IntArray counts,
            FloatArray bias,
            FloatArray residual,
            FloatArray c,
            int m,
            int n,
            int cRow,
            int flags) {
        int lane = context.globalIdx;
        int rows = m;
        if (m < 0) {
            rows = counts.get(-1 - m);
        }
        if (lane < rows * n) {
            int row = lane / n;
            int at = row * cRow + lane - row * n;
            float value = c.get(at);
            if ((flags & BIAS) == BIAS) {
                value += bias.get(lane - row * n);
            }
            if ((flags & RESIDUAL) == RESIDUAL) {
                value += residual.get(at);
            }
            c.set(at, value);
        }
    }
}
