package dev.daa.compute.cpu;

import jdk.incubator.vector.FloatVector;

/// Computes one tile of C, at most [#rows] × [#width] elements, in registers:
/// `C[i, j] = init[i, j] + Σ_p A[i, p]·B[p, j]`, one chain of fused multiply-adds per element, in the order of p.
///
/// The chain is the same in every kernel and for every element, which is why results depend neither on the tile that
/// an element falls into nor on the machine's vector width.
///
/// No masks: HotSpot's first compiler gives up on a method with more than a handful of masked accesses ("out of virtual
/// registers"), and such a method then never reaches the second one. Partial tiles go through scratch memory instead.
///
/// Every operand is an array, an offset and strides: `…Row` from one row to the next.
/// With fewer rows than the kernel has, the last one is computed again in the place of the missing ones: the same
/// numbers are stored twice.
abstract sealed class TileKernel permits Tile6x4, Tile4x2 {
    /// The kernel for this machine: 6 × 4 vectors where there are 32 vector registers, 4 × 2 where there are 16.
    static final TileKernel PREFERRED = choose();

    private final int rows;
    private final int width;
    private final int narrowWidth;

    TileKernel(int rows, int width, int narrowWidth) {
        this.rows = rows;
        this.width = width;
        this.narrowWidth = narrowWidth;
    }

    /// Rows of a full tile.
    final int rows() {
        return rows;
    }

    /// Columns of a full tile; packed B has panels of this width.
    final int width() {
        return width;
    }

    /// Columns of a narrow tile, for the right edge; divides the full width.
    final int narrowWidth() {
        return narrowWidth;
    }

    /// A tile of `rows` ≤ [#rows] rows and all columns. A's rows are contiguous and B is a packed panel: constant
    /// steps let the compiler take every range check out of the loop.
    abstract void tile(
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
            int rows);

    /// The same for [#narrowWidth] columns of a panel.
    abstract void narrowTile(
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
            int rows);

    private static TileKernel choose() {
        boolean manyRegisters = FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 512
                || System.getProperty("os.arch", "").equals("aarch64");
        return manyRegisters ? new Tile6x4() : new Tile4x2();
    }
}
