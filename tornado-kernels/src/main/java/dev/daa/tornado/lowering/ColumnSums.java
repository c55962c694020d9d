package dev.daa.tornado.lowering;

import dev.daa.tornado.kernel.ElementKernel;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Sums over rows, in parts first, so that many work-items share them and their order is fixed.
final class ColumnSums {
    private ColumnSums() {}

    /// `sum[column] += Σ_rows x[row, column]`.
    ///
    /// @param counts where the number of rows is found, at `count`
    /// @param stride distance of two rows
    static List<Launch> of(
            Buffers buffers, IntArray counts, FloatArray x, FloatArray sum, int count, int width, int stride) {
        FloatArray parts = buffers.columnParts(width, 0);
        Launch first = Launch.of(
                "columnParts",
                lanes(width),
                ElementKernel::columnParts,
                buffers.context(),
                counts,
                x,
                parts,
                count,
                width,
                stride);
        return List.of(first, totals(buffers, parts, sum, width));
    }

    /// A lane for each part of a column's sum.
    static Grid lanes(int width) {
        return Grid.lanes((long) ElementKernel.partCount(width) * width);
    }

    /// Adds up the parts.
    static Launch totals(Buffers buffers, FloatArray parts, FloatArray sum, int width) {
        return Launch.of(
                "columnTotals", Grid.lanes(width), ElementKernel::columnTotals, buffers.context(), parts, sum, width);
    }
}
