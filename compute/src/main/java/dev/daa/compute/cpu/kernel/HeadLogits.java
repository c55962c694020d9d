package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.LogitsMemory;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Gemm;
import dev.daa.compute.cpu.product.Initial;

/// Logits of the target rows, formed block by block: some rows times some columns of the vocabulary. They are kept for
/// the backward pass where they fit the budget, and formed again otherwise.
final class HeadLogits {
    /// Columns of a block are a multiple of this, and running sums over the vocabulary advance by it, so that they
    /// are the same in every program.
    static final int COLUMNS = 2048;
    static final int ROWS = LogitsMemory.HOST.rows();

    private final Gemm gemm;
    private final Workers workers;
    private final float[] hidden;
    private final int width;
    private final float[] parameters;
    private final Parameter weight;
    private final boolean kept;
    private final int blockRows;
    private final int blockColumns;
    /// Hidden rows of the targets `[targets, C]`.
    private final float[] rows;
    private final float[] logits;
    private final Workers.RangeTask gatherTask = this::gather;
    private int[] targetRow = {};
    private int targets;
    private int at;
    private int stride;

    HeadLogits(Tensor hidden, Parameter weight, boolean kept, Buffers buffers) {
        gemm = buffers.gemm();
        workers = buffers.workers();
        this.hidden = buffers.of(hidden);
        this.width = hidden.width();
        this.parameters = buffers.values(weight);
        this.weight = weight;
        this.kept = kept;
        int capacity = buffers.capacity().targets();
        blockRows = Math.min(capacity, ROWS);
        blockColumns = Math.min(weight.rows(), Math.max(1, LogitsMemory.HOST.block() / ROWS / COLUMNS) * COLUMNS);
        rows = new float[capacity * width];
        logits = new float[kept ? Math.multiplyExact(capacity, weight.rows()) : blockRows * blockColumns];
    }

    /// Copies the hidden rows of the batch's targets.
    void begin(Batch batch) {
        targets = batch.targets();
        targetRow = batch.targetRow;
        workers.runRanges(targets, RowKernel.chunkOf(width), gatherTask);
    }

    private void gather(int from, int to, int worker) {
        for (int target = from; target < to; target++) {
            System.arraycopy(hidden, targetRow[target] * width, rows, target * width, width);
        }
    }

    /// Rows of a block.
    int blockRows() {
        return blockRows;
    }

    /// Columns of a block.
    int blockColumns() {
        return blockColumns;
    }

    int vocabulary() {
        return weight.rows();
    }

    int width() {
        return width;
    }

    /// Forms the logits of a block: targets `fromRow … toRow − 1` for tokens `fromColumn … toColumn − 1`.
    void form(int fromRow, int toRow, int fromColumn, int toColumn) {
        select(fromRow, fromColumn, toColumn);
        gemm.nt(
                toRow - fromRow,
                toColumn - fromColumn,
                width,
                rows,
                fromRow * width,
                width,
                parameters,
                weight.offset() + fromColumn * width,
                width,
                logits,
                at,
                stride,
                Initial.ZERO);
    }

    /// The same, unless they were kept from the forward pass.
    void recall(int fromRow, int toRow, int fromColumn, int toColumn) {
        if (kept) {
            select(fromRow, fromColumn, toColumn);
        } else {
            form(fromRow, toRow, fromColumn, toColumn);
        }
    }

    private void select(int fromRow, int fromColumn, int toColumn) {
        at = kept ? fromRow * weight.rows() + fromColumn : 0;
        stride = kept ? weight.rows() : toColumn - fromColumn;
    }

    float[] logits() {
        return logits;
    }

    /// First logit of the block's row `index`.
    int row(int index) {
        return at + index * stride;
    }

    int stride() {
        return stride;
    }

    /// Hidden rows of the targets.
    float[] rows() {
        return rows;
    }
}
