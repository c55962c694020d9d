package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// How the work-items of a group share the tiles of attention: 8 × 8 of them, of which the one at `x`, `y` has the
/// tile's rows `y`, `y + 8`, …, of each tile of keys the keys `x`, `x + 8`, …, and of their sums four columns next to
/// each other in each block of 32.
///
/// Matrices in local memory have rows of whole blocks, 0 behind the head's size, and four values more, which spreads
/// the rows that eight work-items read over the banks. A tile is fetched into private memory before it is stored, two
/// rows at a time: loads that follow a store to local memory wait for it. More rows to a work-item read less from local
/// memory, but took too many registers on an H100: 53 against 45 ms for the forward pass and the queries of GPT-2.
///
/// Fetching and multiplying tiles is written out in each kernel: a method that is handed an array in local or private
/// memory is miscompiled, see docs/gpu.md.
public final class AttentionGroup {
    /// Work-items of a group, and those that lie side by side.
    public static final int LANES = 64;

    public static final int ACROSS = 8;

    static final int BLOCK = 4 * ACROSS;
    /// Rows that a group fetches at once.
    static final int ROWS = LANES / BLOCK;

    static final int PAD = 4;
    /// Distance of two rows of weights, of which there is one for each of at most 32 keys.
    static final int WEIGHTS = BLOCK + PAD;

    private AttentionGroup() {}

    /// A row of the tile that starts at `first`, or −1 behind its last row.
    static int ownRow(int i, int first, int rows) {
        int row = -1;
        if (i < rows) {
            row = first + i;
        }
        return row;
    }

    /// The row of the `i`-th key that a tile sees, first those of the prefix, then those of its own segment; −1
    /// behind them.
    ///
    /// @param ownStart first row of the segment, less the length of the prefix
    static int seenRow(int i, int seen, int before, int prefixStart, int ownStart) {
        int row = -1;
        if (i < seen) {
            row = ownStart + i;
            if (i < before) {
                row = prefixStart + i;
            }
        }
        return row;
    }

    /// A column of a head's values in a row, which lie from `at` on; 0 where there is none.
    static float element(FloatArray from, int row, int width, int at, int column, int size) {
        float value = 0;
        if (row >= 0) {
            if (column < size) {
                value = from.get(row * width + at + column);
            }
        }
        return value;
    }
}
