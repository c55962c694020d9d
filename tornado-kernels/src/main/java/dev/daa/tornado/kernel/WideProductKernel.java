package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// [ProductKernel] in tiles of 128 × 128 values, for GPUs and products of many tiles: a work-item keeps 8 × 8 values,
/// so that a multiplication takes half as many loads from local memory. A work-item's rows and columns lie 16 apart:
/// neighbours then read and write neighbouring values.
public final class WideProductKernel {
    public static final int TILE = 128;
    private static final int GROUP = ProductKernel.GROUP;
    private static final int DEPTH = 16;
    /// One value more than a tile's side, so that what is stored at the same time lies in different banks.
    private static final int STRIDE = TILE + 1;

    private WideProductKernel() {}

    /// As [ProductKernel#product].
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
        int tx = context.localIdx;
        int ty = context.localIdy;
        int firstRow = context.groupIdy * TILE;
        int firstColumn = context.groupIdx * TILE;
        float[] aTile = context.allocateFloatLocalArray(STRIDE * DEPTH);
        float[] bTile = context.allocateFloatLocalArray(STRIDE * DEPTH);
        float[] sums = new float[64];
        for (int i = 0; i < 64; i++) {
            sums[i] = 0;
        }
        int lane = ty * GROUP + tx;
        int aRow = aStride;
        int aInner = 1;
        int aI = lane / DEPTH;
        int aK = lane % DEPTH;
        int aStepI = 16;
        int aStepK = 0;
        if ((flags & ProductKernel.A_TRANSPOSED) == ProductKernel.A_TRANSPOSED) {
            aRow = 1;
            aInner = aStride;
            aI = lane % TILE;
            aK = lane / TILE;
            aStepI = 0;
            aStepK = 2;
        }
        int bInner = bStride;
        int bColumn = 1;
        int bJ = lane % TILE;
        int bK = lane / TILE;
        int bStepJ = 0;
        int bStepK = 2;
        if ((flags & ProductKernel.B_TRANSPOSED) == ProductKernel.B_TRANSPOSED) {
            bInner = 1;
            bColumn = bStride;
            bJ = lane / DEPTH;
            bK = lane % DEPTH;
            bStepJ = 16;
            bStepK = 0;
        }
        if (firstRow >= rows) {
            depth = 0;
        }
        for (int from = 0; from < depth; from += DEPTH) {
            for (int q = 0; q < 8; q++) {
                int i = aI + q * aStepI;
                int inner = aK + q * aStepK;
                float value = 0;
                if (firstRow + i < rows) {
                    if (from + inner < depth) {
                        value = a.get((firstRow + i) * aRow + (from + inner) * aInner);
                    }
                }
                aTile[inner * STRIDE + i] = value;
            }
            for (int q = 0; q < 8; q++) {
                int j = bJ + q * bStepJ;
                int inner = bK + q * bStepK;
                float value = 0;
                if (firstColumn + j < n) {
                    if (from + inner < depth) {
                        value = b.get((from + inner) * bInner + (firstColumn + j) * bColumn);
                    }
                }
                bTile[inner * STRIDE + j] = value;
            }
            context.localBarrier();
            for (int inner = 0; inner < DEPTH; inner++) {
                int bAt = inner * STRIDE + tx;
                float b0 = bTile[bAt];
                float b1 = bTile[bAt + 16];
                float b2 = bTile[bAt + 32];
                float b3 = bTile[bAt + 48];
                float b4 = bTile[bAt + 64];
                float b5 = bTile[bAt + 80];
                float b6 = bTile[bAt + 96];
                float b7 = bTile[bAt + 112];
                for (int r = 0; r < 8; r++) {
                    float x = aTile[inner * STRIDE + ty + r * GROUP];
                    sums[r * 8] += x * b0;
                    sums[r * 8 + 1] += x * b1;
                    sums[r * 8 + 2] += x * b2;
                    sums[r * 8 + 3] += x * b3;
                    sums[r * 8 + 4] += x * b4;
                    sums[r * 8 + 5] += x * b5;
                    sums[r * 8 + 6] += x * b6;
                    sums[r * 8 + 7] += x * b7;
                }
            }
            context.localBarrier();
        }
        for (int r = 0; r < 8; r++) {
            int row = firstRow + ty + r * GROUP;
            if (row < rows) {
                for (int s = 0; s < 8; s++) {
                    int column = firstColumn + tx + s * GROUP;
                    if (column < n) {
                        int at = row * cRow + column;
                        float value = sums[r * 8 + s];
                        if ((flags & ProductKernel.BIAS) == ProductKernel.BIAS) {
                            value += bias.get(column);
                        }
                        if ((flags & ProductKernel.RESIDUAL) == ProductKernel.RESIDUAL) {
                            value += residual.get(at);
                        }
                        if ((flags & ProductKernel.ACCUMULATE) == ProductKernel.ACCUMULATE) {
                            value += c.get(at);
                        }
                        c.set(at, value);
                    }
                }
            }
        }
    }
}
