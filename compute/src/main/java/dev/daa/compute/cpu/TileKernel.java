package dev.daa.compute.cpu;

import jdk.incubator.vector.FloatVector;

/// Computes one tile of C, at most [#rows] × [#width] elements, in registers:
/// `C[i, j] = init[i, j] + Σ_p A[i, p]·B[p, j]`, one chain of fused multiply-adds per element, in the order of p.
///
/// The chain is the same in every kernel and for every element, which is why results depend neither on the tile that
/// an element falls into nor on the machine's vector width.
///
/// Every operand is an array, an offset and strides: `…Row` from one row to the next, `…Step` from one p to the next.
/// With fewer rows than the kernel has, the last one is computed again in the place of the missing ones: the same
/// numbers are stored twice.
abstract sealed class TileKernel permits Tile6x4, Tile4x2 {
    /// The kernel for this machine: 6 × 4 vectors where there are 32 vector registers, 4 × 2 where there are 16.
    static final TileKernel PREFERRED = choose();

    /// Whether [#edge] may be used: machines with narrower vectors have no masks, and emulated ones are slow.
    static final boolean HAS_MASKS = FloatVector.SPECIES_PREFERRED.length() >= 8;

    private final int rows;
    private final int width;

    TileKernel(int rows, int width) {
        this.rows = rows;
        this.width = width;
    }

    /// Rows of a full tile.
    final int rows() {
        return rows;
    }

    /// Columns of a full tile; packed B has panels of this width.
    final int width() {
        return width;
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

    /// A tile of `rows` rows and `columns` ≤ [#width] columns, A and B in any layout. Nothing outside the
    /// operands is read.
    abstract void edge(
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
            int rows,
            int columns);

    private static TileKernel choose() {
        boolean manyRegisters = FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 512
                || System.getProperty("os.arch", "").equals("aarch64");
        return manyRegisters ? new Tile6x4() : new Tile4x2();
    }
}
