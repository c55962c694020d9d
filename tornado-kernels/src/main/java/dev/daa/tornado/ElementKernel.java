package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Moves and sums of single values. A lane is a value, or a column where rows are summed.
final class ElementKernel {
    private ElementKernel() {}

    /// `out[t] = in[targetRow[t]]`.
    static void gather(
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
    static void accumulate(
            KernelContext context, IntArray tables, FloatArray from, FloatArray into, int count, int width) {
        int lane = context.globalIdx;
        if (lane < tables.get(count) * width) {
            into.set(lane, into.get(lane) + from.get(lane));
        }
    }

    /// `sum[column] += Σ_rows x[row, column]`.
    static void columnSums(KernelContext context, IntArray counts, FloatArray x, FloatArray sum, int count, int width) {
        int column = context.globalIdx;
        if (column < width) {
            columnSumLane(column, counts.get(count), x, sum, width);
        }
    }

    static void columnSumLane(int column, int rows, FloatArray x, FloatArray sum, int width) {
        float total = 0;
        for (int row = 0; row < rows; row++) {
            total += x.get(row * width + column);
        }
        sum.set(column, sum.get(column) + total);
    }

    /// Adds what belongs to each row: `into[row] (+)= Σ members[row] from[member]`.
    static void scatter(
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
