package dev.daa.compute.cpu.product;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;

/// The small matrix products of attention, `C[m, n] = init + A·B` on one thread, where n is a number of whole vectors:
/// a head or a block of queries. Any of the operands may lie transposed, by its strides: `…Row` from one row to the
/// next, `…Step` from one p to the next.
///
/// Tiles are 6 × 4, 8 × 2 or 12 × 1 vectors (4 × 2 and 12 × 1 where there are 16 registers), those of [PanelTiles]
/// where A lies in rows and B as a panel. With fewer rows than the tile has, the last one is computed again in the
/// place of the missing ones. Each element is one chain of fused multiply-adds in the order of p, so that it depends on
/// nothing but its row and column.
public final class HeadProduct {
    /// Vectors of the widest tile.
    public static final int VECTORS = Tiles.MANY_REGISTERS ? 4 : 2;

    private static final float[] ZEROS = new float[4 * LANES];
    private static final int ROWS_OF_FOUR = 6;
    private static final int ROWS_OF_TWO = VECTORS == 4 ? 8 : 4;
    private static final int ROWS_OF_ONE = 12;

    private HeadProduct() {}

    /// Rows of the tile that covers `columns`: the steps in which a triangular product goes down.
    public static int rows(int columns) {
        if (columns > 2 * LANES && VECTORS == 4) {
            return ROWS_OF_FOUR;
        }
        return columns > LANES ? ROWS_OF_TWO : ROWS_OF_ONE;
    }

    /// `C = A·B`.
    public static void set(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] b,
            int bOffset,
            int bStep,
            float[] c,
            int cOffset,
            int cRow) {
        product(m, n, k, a, aOffset, aRow, aStep, b, bOffset, bStep, ZEROS, 0, 0, c, cOffset, cRow);
    }

    /// `C += A·B`.
    public static void add(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int aRow,
            int aStep,
            float[] b,
            int bOffset,
            int bStep,
            float[] c,
            int cOffset,
            int cRow) {
        product(m, n, k, a, aOffset, aRow, aStep, b, bOffset, bStep, c, cOffset, cRow, c, cOffset, cRow);
    }

    private static void product(
            int m,
            int n,
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
            int cRow) {
        int j = 0;
        while (j < n) {
            int left = n - j;
            int columns = left > 2 * LANES && VECTORS == 4 ? 4 * LANES : left > LANES ? 2 * LANES : LANES;
            if (columns > left) {
                columns = columns / 2;
            }
            // `init` is one row of zeros or C itself.
            int initAt = initRow == 0 ? 0 : initOffset + j;
            boolean isPanel = aStep == 1 && columns == PanelTiles.WIDTH && bStep == PanelTiles.WIDTH;
            int rows = isPanel ? PanelTiles.ROWS : rows(columns);
            for (int i = 0; i < m; i += rows) {
                int count = Math.min(rows, m - i);
                int aAt = aOffset + i * aRow;
                int initial = initAt + i * initRow;
                int into = cOffset + i * cRow + j;
                if (isPanel) {
                    PanelTiles.widest(k, a, aAt, aRow, 1, b, bOffset, init, initial, initRow, c, into, cRow, count);
                } else if (columns == LANES) {
                    Tiles.tile12x1(
                            k,
                            a,
                            aAt,
                            aRow,
                            aStep,
                            b,
                            bOffset + j,
                            bStep,
                            init,
                            initial,
                            initRow,
                            c,
                            into,
                            cRow,
                            count);
                } else if (columns == 4 * LANES) {
                    Tiles.tile6x4(
                            k,
                            a,
                            aAt,
                            aRow,
                            aStep,
                            b,
                            bOffset + j,
                            bStep,
                            init,
                            initial,
                            initRow,
                            c,
                            into,
                            cRow,
                            count);
                } else if (VECTORS == 4) {
                    Tiles.tile8x2(
                            k,
                            a,
                            aAt,
                            aRow,
                            aStep,
                            b,
                            bOffset + j,
                            bStep,
                            init,
                            initial,
                            initRow,
                            c,
                            into,
                            cRow,
                            count);
                } else {
                    Tiles.tile4x2(
                            k,
                            a,
                            aAt,
                            aRow,
                            aStep,
                            b,
                            bOffset + j,
                            bStep,
                            init,
                            initial,
                            initRow,
                            c,
                            into,
                            cRow,
                            count);
                }
            }
            j += columns;
        }
    }
}
