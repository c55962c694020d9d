package dev.daa.compute.cpu.product;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import jdk.incubator.vector.FloatVector;

/// The tiles of [BlockedProduct]: those of [Tiles], on panels of B whose rows follow one another.
///
/// Because the steps from one p to the next are constants here, HotSpot checks the ends of the loop instead of every
/// access, and reads with fewer instructions. Against tiles whose steps are arguments, 6 × 2 vectors on 16 registers
/// reach one and a half times the speed of [Tiles#tile4x2]; with 6 × 4 on 32 registers products are 1.11 to 1.16 times
/// as fast as with [Tiles#tile6x4], and the tile alone takes 0.98 of what its multiply-adds take (Intel Xeon, panels
/// at the beginnings of cache lines). Whether it fits the registers hangs on how it is written: two steps a round
/// spill sums, and so does, on 16 registers, one base and constant distances for all rows of A. So measure after a
/// change.
final class PanelTiles {
    /// Rows of a tile.
    static final int ROWS = 6;
    /// Columns of a panel and of the [#widest] tile.
    static final int WIDTH = (Tiles.MANY_REGISTERS ? 4 : 2) * LANES;
    /// Columns of the [#narrow] tile, for the right edge; divides the full width.
    static final int NARROW_WIDTH = WIDTH / 2;

    private PanelTiles() {}

    /// A tile of `rows` ≤ [#ROWS] rows and [#WIDTH] columns, a panel of B whose rows follow one another. A lies in
    /// rows (`aStep` 1) or in groups of columns (`aRow` 1, `aStep` [#ROWS]).
    static void widest(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] panel,
            int at,
            float[] init,
            int initOffset,
            int initRow,
            float[] c,
            int cOffset,
            int cRow,
            int rows) {
        if (!Tiles.MANY_REGISTERS) {
            twoVectors(k, a, aOffset, aRow, aStep, panel, at, init, initOffset, initRow, c, cOffset, cRow, rows);
        } else if (aStep == 1) {
            rows6x4(k, a, aOffset, aRow, panel, at, init, initOffset, initRow, c, cOffset, cRow, rows);
        } else {
            groups6x4(k, a, aOffset, panel, at, init, initOffset, initRow, c, cOffset, cRow, rows);
        }
    }

    /// A tile of `rows` ≤ [#ROWS] rows and [#NARROW_WIDTH] columns of a panel.
    static void narrow(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] panel,
            int at,
            float[] init,
            int initOffset,
            int initRow,
            float[] c,
            int cOffset,
            int cRow,
            int rows) {
        if (Tiles.MANY_REGISTERS) {
            twoVectors(k, a, aOffset, aRow, aStep, panel, at, init, initOffset, initRow, c, cOffset, cRow, rows);
        } else {
            Tiles.tile12x1(
                    k, a, aOffset, aRow, aStep, panel, at, WIDTH, init, initOffset, initRow, c, cOffset, cRow, rows);
        }
    }

    private static void twoVectors(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] panel,
            int at,
            float[] init,
            int initOffset,
            int initRow,
            float[] c,
            int cOffset,
            int cRow,
            int rows) {
        if (aStep == 1) {
            rows6x2(k, a, aOffset, aRow, panel, at, init, initOffset, initRow, c, cOffset, cRow, rows);
        } else {
            groups6x2(k, a, aOffset, panel, at, init, initOffset, initRow, c, cOffset, cRow, rows);
        }
    }

    /// Six rows of A, each as it lies, and two vectors of each row of a panel of B.
    static void rows6x2(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            float[] panel,
            int at,
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
        int a0 = aOffset;
        int a1 = aOffset + row1 * aRow;
        int a2 = aOffset + row2 * aRow;
        int a3 = aOffset + row3 * aRow;
        int a4 = aOffset + row4 * aRow;
        int a5 = aOffset + row5 * aRow;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH);
            FloatVector b1 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + LANES);
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
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + p]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
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
    }

    /// Six columns of a transposed A that were laid side by side, and two vectors of each row of a panel.
    static void groups6x2(
            int k,
            float[] a,
            int aOffset,
            float[] panel,
            int at,
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
        int a0 = aOffset;
        int a1 = aOffset + row1;
        int a2 = aOffset + row2;
        int a3 = aOffset + row3;
        int a4 = aOffset + row4;
        int a5 = aOffset + row5;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH);
            FloatVector b1 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + p * ROWS]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p * ROWS]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p * ROWS]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p * ROWS]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p * ROWS]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + p * ROWS]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
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
    }

    /// Six rows of A, each as it lies, and a panel of four vectors.
    static void rows6x4(
            int k,
            float[] a,
            int aOffset,
            int aRow,
            float[] panel,
            int at,
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
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH);
            FloatVector b1 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + 3 * LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[a0 + p]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            c02 = x0.fma(b2, c02);
            c03 = x0.fma(b3, c03);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + p]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            c12 = x1.fma(b2, c12);
            c13 = x1.fma(b3, c13);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + p]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            c22 = x2.fma(b2, c22);
            c23 = x2.fma(b3, c23);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + p]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            c32 = x3.fma(b2, c32);
            c33 = x3.fma(b3, c33);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + p]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            c42 = x4.fma(b2, c42);
            c43 = x4.fma(b3, c43);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + p]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
            c52 = x5.fma(b2, c52);
            c53 = x5.fma(b3, c53);
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

    /// Six columns of a transposed A that were laid side by side, and a panel of four vectors. What stands in the
    /// place of missing rows is computed too: rows are stored from the last to the first, so that it does not stay.
    static void groups6x4(
            int k,
            float[] a,
            int aOffset,
            float[] panel,
            int at,
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
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH);
            FloatVector b1 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(SPECIES, panel, at + p * WIDTH + 3 * LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOffset + p * ROWS]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            c02 = x0.fma(b2, c02);
            c03 = x0.fma(b3, c03);
            FloatVector x1 = FloatVector.broadcast(SPECIES, a[aOffset + p * ROWS + 1]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            c12 = x1.fma(b2, c12);
            c13 = x1.fma(b3, c13);
            FloatVector x2 = FloatVector.broadcast(SPECIES, a[aOffset + p * ROWS + 2]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            c22 = x2.fma(b2, c22);
            c23 = x2.fma(b3, c23);
            FloatVector x3 = FloatVector.broadcast(SPECIES, a[aOffset + p * ROWS + 3]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            c32 = x3.fma(b2, c32);
            c33 = x3.fma(b3, c33);
            FloatVector x4 = FloatVector.broadcast(SPECIES, a[aOffset + p * ROWS + 4]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            c42 = x4.fma(b2, c42);
            c43 = x4.fma(b3, c43);
            FloatVector x5 = FloatVector.broadcast(SPECIES, a[aOffset + p * ROWS + 5]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
            c52 = x5.fma(b2, c52);
            c53 = x5.fma(b3, c53);
        }
        c50.intoArray(c, cOffset + row5 * cRow);
        c51.intoArray(c, cOffset + row5 * cRow + LANES);
        c52.intoArray(c, cOffset + row5 * cRow + 2 * LANES);
        c53.intoArray(c, cOffset + row5 * cRow + 3 * LANES);
        c40.intoArray(c, cOffset + row4 * cRow);
        c41.intoArray(c, cOffset + row4 * cRow + LANES);
        c42.intoArray(c, cOffset + row4 * cRow + 2 * LANES);
        c43.intoArray(c, cOffset + row4 * cRow + 3 * LANES);
        c30.intoArray(c, cOffset + row3 * cRow);
        c31.intoArray(c, cOffset + row3 * cRow + LANES);
        c32.intoArray(c, cOffset + row3 * cRow + 2 * LANES);
        c33.intoArray(c, cOffset + row3 * cRow + 3 * LANES);
        c20.intoArray(c, cOffset + row2 * cRow);
        c21.intoArray(c, cOffset + row2 * cRow + LANES);
        c22.intoArray(c, cOffset + row2 * cRow + 2 * LANES);
        c23.intoArray(c, cOffset + row2 * cRow + 3 * LANES);
        c10.intoArray(c, cOffset + row1 * cRow);
        c11.intoArray(c, cOffset + row1 * cRow + LANES);
        c12.intoArray(c, cOffset + row1 * cRow + 2 * LANES);
        c13.intoArray(c, cOffset + row1 * cRow + 3 * LANES);
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + LANES);
        c02.intoArray(c, cOffset + 2 * LANES);
        c03.intoArray(c, cOffset + 3 * LANES);
    }
}
