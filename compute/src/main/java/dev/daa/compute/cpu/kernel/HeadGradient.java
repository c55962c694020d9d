package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Gemm;
import dev.daa.compute.cpu.product.Initial;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Carries the derivatives of logits, which lie in the place of a head's logits, on to its weight and its hidden rows:
/// `dWeight += dlogitsᵀ·rows` and `dRows = dlogits·weight` block by block; at last the rows go back to their sources,
/// where targets that share one add up in their order.
final class HeadGradient {
    static final int SCATTER_COLUMNS = 64;

    private final Workers workers;
    private final Gemm gemm;
    private final HeadLogits head;
    private final float[] parameters;
    /// Absent where the weight is frozen.
    private final float @Nullable [] gradients;
    private final int weight;
    private final float[] dHidden;
    private final boolean accumulate;
    private final float[] dRows;
    private final Workers.RangeTask scatterTask = this::scatterColumns;
    private int[] targetRow = {};
    private int hiddenRows;
    private int targets;

    /// @param accumulate whether it adds to `dHidden` instead of overwriting it
    HeadGradient(HeadLogits head, Parameter weight, Tensor dHidden, boolean accumulate, Buffers buffers) {
        workers = buffers.workers();
        gemm = buffers.gemm();
        this.head = head;
        parameters = buffers.values(weight);
        gradients = buffers.trains(weight) ? buffers.gradients(weight) : null;
        this.weight = weight.offset();
        this.dHidden = buffers.of(dHidden);
        this.accumulate = accumulate;
        dRows = new float[buffers.capacity().targets() * head.width()];
    }

    /// Takes the block that `head` has formed last: targets `fromRow … toRow − 1`, tokens `fromColumn … toColumn −
    /// 1`.
    void add(int fromRow, int toRow, int fromColumn, int toColumn) {
        int rows = toRow - fromRow;
        int columns = toColumn - fromColumn;
        int width = head.width();
        int weightAt = weight + fromColumn * width;
        if (gradients != null) {
            gemm.tn(
                    columns,
                    width,
                    rows,
                    head.logits(),
                    head.row(0),
                    head.stride(),
                    head.rows(),
                    fromRow * width,
                    width,
                    gradients,
                    weightAt,
                    width,
                    Initial.ACCUMULATE);
        }
        gemm.nn(
                rows,
                width,
                columns,
                head.logits(),
                head.row(0),
                head.stride(),
                parameters,
                weightAt,
                width,
                dRows,
                fromRow * width,
                width,
                fromColumn == 0 ? Initial.ZERO : Initial.ACCUMULATE);
    }

    /// Brings the derivatives of the targets' rows to the rows of the batch; rows without a target get 0.
    void scatter(Batch batch) {
        targets = batch.targets();
        targetRow = batch.targetRow;
        hiddenRows = batch.rows();
        workers.runRanges(head.width(), SCATTER_COLUMNS, scatterTask);
    }

    private void scatterColumns(int from, int to, int worker) {
        int width = head.width();
        if (!accumulate) {
            for (int row = 0; row < hiddenRows; row++) {
                Arrays.fill(dHidden, row * width + from, row * width + to, 0);
            }
        }
        for (int target = 0; target < targets; target++) {
            Reduce.add(dRows, target * width + from, dHidden, targetRow[target] * width + from, to - from);
        }
    }
}
