package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Moves and sums of single values. A lane is a value, or a column where rows are summed.
public final class ElementKernel {
    private ElementKernel() {}

    /// `out[t] = in[targetRow[t]]`.
    public static void gather(
            KernelContext context,
            IntArray tables,
            FloatArray in,
            FloatArray out,
            int count,
            int sourceRow,
            int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * width) {
            int row = lane / width;
            out.set(lane, in.get(tables.get(sourceRow + row) * width + lane - row * width));
        }
    }

    /// `into += from`.
    public static void accumulate(
            KernelContext context, IntArray tables, FloatArray from, FloatArray into, int count, int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * width) {
            into.set(lane, into.get(lane) + from.get(lane));
        }
    }

    /// Most runs of rows that a sum over rows is taken in.
    private static final int MOST_PARTS = 64;

    /// Where the columns are many, runs are fewer: as many lanes as an H100 holds at once are enough, and parts
    /// take memory.
    private static final int MOST_LANES = 1 << 18;

    /// Sums over rows of so many columns are taken in so many runs of rows, then over the runs: many lanes, one
    /// order.
    public static int partCount(int width) {
        return TornadoMath.max(1, TornadoMath.min(MOST_PARTS, MOST_LANES / width));
    }

    /// First row of a run.
    static int firstRow(int part, int partCount, int rows) {
        return TornadoMath.min(part * ((rows + partCount - 1) / partCount), rows);
    }

    /// `parts[part, column] = Σ x[row, column]` over a run of rows, which lie `stride` apart.
    public static void columnParts(
            KernelContext context, IntArray counts, FloatArray x, FloatArray parts, int count, int width, int stride) {
        int lane = context.globalIdx;
        int partCount = partCount(width);
        if (lane < partCount * width) {
            int part = lane / width;
            int column = lane - part * width;
            int rows = counts.get(count);
            float sum = 0;
            for (int row = firstRow(part, partCount, rows); row < firstRow(part + 1, partCount, rows); row++) {
                sum += x.get(row * stride + column);
            }
            parts.set(lane, sum);
        }
    }

    /// `sum[column] += Σ parts[part, column]`.
    public static void columnTotals(KernelContext context, FloatArray parts, FloatArray sum, int width) {
        int column = context.globalIdx;
        if (column < width) {
            float total = 0;
            for (int part = 0; part < partCount(width); part++) {
                total += parts.get(part * width + column);
            }
            sum.set(column, sum.get(column) + total);
        }
    }

    /// Adds what belongs to each row: `into[row] (+)= Σ members[row] from[member]`.
    public static void scatter(
            KernelContext context,
            IntArray tables,
            FloatArray from,
            FloatArray into,
            int start,
            int member,
            int width,
            int accumulate) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * width) {
            scatterLane(lane, tables, from, into, start, member, width, accumulate);
        }
    }

    static void scatterLane(
            int lane,
            IntArray tables,
            FloatArray from,
            FloatArray into,
            int start,
            int member,
            int width,
            int accumulate) {
        int row = lane / width;
        int column = lane - row * width;
        float sum = 0;
        if (accumulate == 1) {
            sum = into.get(lane);
        }
        for (int i = tables.get(start + row); i < tables.get(start + row + 1); i++) {
            sum += from.get(tables.get(member + i) * width + column);
        }
        into.set(lane, sum);
    }
}
