package dev.daa.compute.cpu.product;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import jdk.incubator.vector.FloatVector;

/// The tiles of every matrix product, rows × vectors: `C[i, j] = init[i, j] + Σ_p A[i, p]·B[p, j]`, one chain of fused
/// multiply-adds per element, in the order of p. The chain is the same in every tile and for every element, which is
/// why results depend neither on the tile that an element falls into nor on the machine's vector width.
///
/// The statements are written out because only local variables stay in registers: 6 × 4 vectors take 29 of 32, 4 × 2
/// take 11 of 16. Every operand is an array, an offset and strides: `…Row` from one row to the next, `…Step` from one p
/// to the next. With fewer `rows` than the tile has, the last one is computed again in the place of the missing ones:
/// the same numbers are stored twice. [PanelTiles] are those of products whose operands lie in a known way.
///
/// No masks: HotSpot's first compiler gives up on a method with more than a handful of masked accesses ("out of virtual
/// registers"), and such a method then never reaches the second one. Partial tiles go through scratch memory instead.
final class Tiles {
    /// Whether there are 32 vector registers, not 16.
    static final boolean MANY_REGISTERS = FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 512
            || System.getProperty("os.arch", "").equals("aarch64");

    private Tiles() {}

    static void tile6x4(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] b,
            int bOffset,
            int bStep,
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
        int row4 = Math.min(4, rows - 1);
        int row5 = Math.min(5, rows - 1);
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, initOffset);
        FloatVector c01 = FloatVector.fromArray(SPECIES, init, initOffset + LANES);
        FloatVector c02 = FloatVector.fromArray(SPECIES, init, initOffset + 2 * LANES);
        FloatVector c03 = FloatVector.fromArray(SPECIES, init, initOffset + 3 * LANES);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow);
        FloatVector c11 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow + LANES);
        FloatVector c12 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow + 2 * LANES);
        FloatVector c13 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow + 3 * LANES);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow);
        FloatVector c21 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow + LANES);
        FloatVector c22 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow + 2 * LANES);
        FloatVector c23 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow + 3 * LANES);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow);
        FloatVector c31 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow + LANES);
        FloatVector c32 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow + 2 * LANES);
        FloatVector c33 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow + 3 * LANES);
        FloatVector c40 = FloatVector.fromArray(SPECIES, init, initOffset + row4 * initRow);
        FloatVector c41 = FloatVector.fromArray(SPECIES, init, initOffset + row4 * initRow + LANES);
        FloatVector c42 = FloatVector.fromArray(SPECIES, init, initOffset + row4 * initRow + 2 * LANES);
        FloatVector c43 = FloatVector.fromArray(SPECIES, init, initOffset + row4 * initRow + 3 * LANES);
        FloatVector c50 = FloatVector.fromArray(SPECIES, init, initOffset + row5 * initRow);
        FloatVector c51 = FloatVector.fromArray(SPECIES, init, initOffset + row5 * initRow + LANES);
        FloatVector c52 = FloatVector.fromArray(SPECIES, init, initOffset + row5 * initRow + 2 * LANES);
        FloatVector c53 = FloatVector.fromArray(SPECIES, init, initOffset + row5 * initRow + 3 * LANES);
        int a0 = aOffset;
        int a1 = aOffset + row1 * aRow;
        int a2 = aOffset + row2 * aRow;
        int a3 = aOffset + row3 * aRow;
        int a4 = aOffset + row4 * aRow;
        int a5 = aOffset + row5 * aRow;
        int bAt = bOffset;
        int aAt = 0;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, bAt + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, b, bAt + 3 * LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + aAt]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            c02 = x0.fma(b2, c02);
            c03 = x0.fma(b3, c03);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + aAt]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            c12 = x1.fma(b2, c12);
            c13 = x1.fma(b3, c13);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + aAt]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            c22 = x2.fma(b2, c22);
            c23 = x2.fma(b3, c23);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + aAt]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            c32 = x3.fma(b2, c32);
            c33 = x3.fma(b3, c33);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + aAt]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            c42 = x4.fma(b2, c42);
            c43 = x4.fma(b3, c43);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + aAt]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
            c52 = x5.fma(b2, c52);
            c53 = x5.fma(b3, c53);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + LANES);
        c02.intoArray(c, cOffset + 2 * LANES);
        c03.intoArray(c, cOffset + 3 * LANES);
        c10.intoArray(c, cOffset + row1 * cRow);
        c11.intoArray(c, cOffset + row1 * cRow + LANES);
        c12.intoArray(c, cOffset + row1 * cRow + 2 * LANES);
        c13.intoArray(c, cOffset + row1 * cRow + 3 * LANES);
        c20.intoArray(c, cOffset + row2 * cRow);
        c21.intoArray(c, cOffset + row2 * cRow + LANES);
        c22.intoArray(c, cOffset + row2 * cRow + 2 * LANES);
        c23.intoArray(c, cOffset + row2 * cRow + 3 * LANES);
        c30.intoArray(c, cOffset + row3 * cRow);
        c31.intoArray(c, cOffset + row3 * cRow + LANES);
        c32.intoArray(c, cOffset + row3 * cRow + 2 * LANES);
        c33.intoArray(c, cOffset + row3 * cRow + 3 * LANES);
        c40.intoArray(c, cOffset + row4 * cRow);
        c41.intoArray(c, cOffset + row4 * cRow + LANES);
        c42.intoArray(c, cOffset + row4 * cRow + 2 * LANES);
        c43.intoArray(c, cOffset + row4 * cRow + 3 * LANES);
        c50.intoArray(c, cOffset + row5 * cRow);
        c51.intoArray(c, cOffset + row5 * cRow + LANES);
        c52.intoArray(c, cOffset + row5 * cRow + 2 * LANES);
        c53.intoArray(c, cOffset + row5 * cRow + 3 * LANES);
    }

    static void tile8x2(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] b,
            int bOffset,
            int bStep,
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
        int row4 = Math.min(4, rows - 1);
        int row5 = Math.min(5, rows - 1);
        int row6 = Math.min(6, rows - 1);
        int row7 = Math.min(7, rows - 1);
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, initOffset);
        FloatVector c01 = FloatVector.fromArray(SPECIES, init, initOffset + LANES);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow);
        FloatVector c11 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow + LANES);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow);
        FloatVector c21 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow + LANES);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow);
        FloatVector c31 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow + LANES);
        FloatVector c40 = FloatVector.fromArray(SPECIES, init, initOffset + row4 * initRow);
        FloatVector c41 = FloatVector.fromArray(SPECIES, init, initOffset + row4 * initRow + LANES);
        FloatVector c50 = FloatVector.fromArray(SPECIES, init, initOffset + row5 * initRow);
        FloatVector c51 = FloatVector.fromArray(SPECIES, init, initOffset + row5 * initRow + LANES);
        FloatVector c60 = FloatVector.fromArray(SPECIES, init, initOffset + row6 * initRow);
        FloatVector c61 = FloatVector.fromArray(SPECIES, init, initOffset + row6 * initRow + LANES);
        FloatVector c70 = FloatVector.fromArray(SPECIES, init, initOffset + row7 * initRow);
        FloatVector c71 = FloatVector.fromArray(SPECIES, init, initOffset + row7 * initRow + LANES);
        int a0 = aOffset;
        int a1 = aOffset + row1 * aRow;
        int a2 = aOffset + row2 * aRow;
        int a3 = aOffset + row3 * aRow;
        int a4 = aOffset + row4 * aRow;
        int a5 = aOffset + row5 * aRow;
        int a6 = aOffset + row6 * aRow;
        int a7 = aOffset + row7 * aRow;
        int bAt = bOffset;
        int aAt = 0;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + aAt]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + aAt]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + aAt]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + aAt]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + aAt]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + aAt]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[a6 + aAt]);
            c60 = x6.fma(b0, c60);
            c61 = x6.fma(b1, c61);
            FloatVector x7 = FloatVector.broadcast(SPECIES, a[a7 + aAt]);
            c70 = x7.fma(b0, c70);
            c71 = x7.fma(b1, c71);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + LANES);
        c10.intoArray(c, cOffset + row1 * cRow);
        c11.intoArray(c, cOffset + row1 * cRow + LANES);
        c20.intoArray(c, cOffset + row2 * cRow);
        c21.intoArray(c, cOffset + row2 * cRow + LANES);
        c30.intoArray(c, cOffset + row3 * cRow);
        c31.intoArray(c, cOffset + row3 * cRow + LANES);
        c40.intoArray(c, cOffset + row4 * cRow);
        c41.intoArray(c, cOffset + row4 * cRow + LANES);
        c50.intoArray(c, cOffset + row5 * cRow);
        c51.intoArray(c, cOffset + row5 * cRow + LANES);
        c60.intoArray(c, cOffset + row6 * cRow);
        c61.intoArray(c, cOffset + row6 * cRow + LANES);
        c70.intoArray(c, cOffset + row7 * cRow);
        c71.intoArray(c, cOffset + row7 * cRow + LANES);
    }

    static void tile4x2(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] b,
            int bOffset,
            int bStep,
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
        int bAt = bOffset;
        int aAt = 0;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + aAt]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + aAt]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + aAt]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + aAt]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            aAt += aStep;
            bAt += bStep;
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

    static void tile12x1(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] b,
            int bOffset,
            int bStep,
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
        int row4 = Math.min(4, rows - 1);
        int row5 = Math.min(5, rows - 1);
        int row6 = Math.min(6, rows - 1);
        int row7 = Math.min(7, rows - 1);
        int row8 = Math.min(8, rows - 1);
        int row9 = Math.min(9, rows - 1);
        int row10 = Math.min(10, rows - 1);
        int row11 = Math.min(11, rows - 1);
        FloatVector c00 = FloatVector.fromArray(SPECIES, init, initOffset);
        FloatVector c10 = FloatVector.fromArray(SPECIES, init, initOffset + row1 * initRow);
        FloatVector c20 = FloatVector.fromArray(SPECIES, init, initOffset + row2 * initRow);
        FloatVector c30 = FloatVector.fromArray(SPECIES, init, initOffset + row3 * initRow);
        FloatVector c40 = FloatVector.fromArray(SPECIES, init, initOffset + row4 * initRow);
        FloatVector c50 = FloatVector.fromArray(SPECIES, init, initOffset + row5 * initRow);
        FloatVector c60 = FloatVector.fromArray(SPECIES, init, initOffset + row6 * initRow);
        FloatVector c70 = FloatVector.fromArray(SPECIES, init, initOffset + row7 * initRow);
        FloatVector c80 = FloatVector.fromArray(SPECIES, init, initOffset + row8 * initRow);
        FloatVector c90 = FloatVector.fromArray(SPECIES, init, initOffset + row9 * initRow);
        FloatVector ca0 = FloatVector.fromArray(SPECIES, init, initOffset + row10 * initRow);
        FloatVector cb0 = FloatVector.fromArray(SPECIES, init, initOffset + row11 * initRow);
        int a0 = aOffset;
        int a1 = aOffset + row1 * aRow;
        int a2 = aOffset + row2 * aRow;
        int a3 = aOffset + row3 * aRow;
        int a4 = aOffset + row4 * aRow;
        int a5 = aOffset + row5 * aRow;
        int a6 = aOffset + row6 * aRow;
        int a7 = aOffset + row7 * aRow;
        int a8 = aOffset + row8 * aRow;
        int a9 = aOffset + row9 * aRow;
        int aa = aOffset + row10 * aRow;
        int ab = aOffset + row11 * aRow;
        int bAt = bOffset;
        int aAt = 0;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + aAt]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + aAt]);
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + aAt]);
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + aAt]);
            c30 = x3.fma(b0, c30);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + aAt]);
            c40 = x4.fma(b0, c40);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + aAt]);
            c50 = x5.fma(b0, c50);
            FloatVector x6 = FloatVector.broadcast(SPECIES, a[a6 + aAt]);
            c60 = x6.fma(b0, c60);
            FloatVector x7 = FloatVector.broadcast(SPECIES, a[a7 + aAt]);
            c70 = x7.fma(b0, c70);
            FloatVector x8 = FloatVector.broadcast(SPECIES, a[a8 + aAt]);
            c80 = x8.fma(b0, c80);
            FloatVector x9 = FloatVector.broadcast(SPECIES, a[a9 + aAt]);
            c90 = x9.fma(b0, c90);
            FloatVector xa = FloatVector.broadcast(SPECIES, a[aa + aAt]);
            ca0 = xa.fma(b0, ca0);
            FloatVector xb = FloatVector.broadcast(SPECIES, a[ab + aAt]);
            cb0 = xb.fma(b0, cb0);
            aAt += aStep;
            bAt += bStep;
        }
        c00.intoArray(c, cOffset);
        c10.intoArray(c, cOffset + row1 * cRow);
        c20.intoArray(c, cOffset + row2 * cRow);
        c30.intoArray(c, cOffset + row3 * cRow);
        c40.intoArray(c, cOffset + row4 * cRow);
        c50.intoArray(c, cOffset + row5 * cRow);
        c60.intoArray(c, cOffset + row6 * cRow);
        c70.intoArray(c, cOffset + row7 * cRow);
        c80.intoArray(c, cOffset + row8 * cRow);
        c90.intoArray(c, cOffset + row9 * cRow);
        ca0.intoArray(c, cOffset + row10 * cRow);
        cb0.intoArray(c, cOffset + row11 * cRow);
    }
}
