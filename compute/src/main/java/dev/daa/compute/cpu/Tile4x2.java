package dev.daa.compute.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// 4 rows × 2 vectors: 8 sums, 2 vectors of B and a broadcast of A fit 16 registers with room for the compiler's
/// temporaries. The statements are written out because only local variables stay in registers.
final class Tile4x2 extends TileKernel {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int WIDTH = 2 * LANES;
    private static final int NARROW_WIDTH = 1 * LANES;

    Tile4x2() {
        super(4, WIDTH, NARROW_WIDTH);
    }

    @Override
    void tile(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            float[] b,
            int bOffset,
            float[] init,
            int initOffset,
            int initRow,
            float[] c,
            int cOffset,
            int cRow,
            int rows) {
        int row1 = Math.min(1, rows - 1);
        int row2 = Math.min(2, rows - 1);
        int row3 = Math.min(3, rows - 1);
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, initOffset);
        FloatVector c01 = FloatVector.fromArray(SPECIES, init, initOffset + LANES);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow);
        FloatVector c11 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow + LANES);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow);
        FloatVector c21 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow + LANES);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow);
        FloatVector c31 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow + LANES);
        int a0 = aOffset;
        int a1 = aOffset + row1 * aRow;
        int a2 = aOffset + row2 * aRow;
        int a3 = aOffset + row3 * aRow;
        for (int p = 0; p < k; p++) {
            int bAt = bOffset + p * WIDTH;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + p]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + LANES);
        c10.intoArray(c, cOffset + row1 * cRow);
        c11.intoArray(c, cOffset + row1 * cRow + LANES);
        c20.intoArray(c, cOffset + row2 * cRow);
        c21.intoArray(c, cOffset + row2 * cRow + LANES);
        c30.intoArray(c, cOffset + row3 * cRow);
        c31.intoArray(c, cOffset + row3 * cRow + LANES);
    }

    @Override
    void narrowTile(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            float[] b,
            int bOffset,
            float[] init,
            int initOffset,
            int initRow,
            float[] c,
            int cOffset,
            int cRow,
            int rows) {
        int row1 = Math.min(1, rows - 1);
        int row2 = Math.min(2, rows - 1);
        int row3 = Math.min(3, rows - 1);
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, initOffset);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow);
        int a0 = aOffset;
        int a1 = aOffset + row1 * aRow;
        int a2 = aOffset + row2 * aRow;
        int a3 = aOffset + row3 * aRow;
        for (int p = 0; p < k; p++) {
            int bAt = bOffset + p * WIDTH;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + p]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
            c30 = x3.fma(b0, c30);
        }
        c00.intoArray(c, cOffset);
        c10.intoArray(c, cOffset + row1 * cRow);
        c20.intoArray(c, cOffset + row2 * cRow);
        c30.intoArray(c, cOffset + row3 * cRow);
    }
}
