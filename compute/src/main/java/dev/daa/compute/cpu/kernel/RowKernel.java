package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Tensor.Extent;
import dev.daa.compute.cpu.parallel.Workers;

/// An op whose rows do not depend on each other. The rows are cut into chunks of a fixed size, which the workers share
/// out.
abstract class RowKernel implements Kernel {
    /// Values that a task should handle at least, so that sharing out costs little: some microseconds of work.
    private static final int TASK_VALUES = 16_384;

    private final Workers workers;
    private final Extent extent;
    private final int chunk;
    private final Workers.RangeTask task = this::rows;

    /// @param width values that a row costs, for the size of a task
    RowKernel(Workers workers, Extent extent, int width) {
        this.workers = workers;
        this.extent = extent;
        this.chunk = chunkOf(width);
    }

    /// Rows of a chunk, which do not depend on the number of threads.
    static int chunkOf(int width) {
        return Math.max(1, TASK_VALUES / width);
    }

    @Override
    public final void run(Batch batch) {
        bind(batch);
        workers.runRanges(rowsOf(batch), chunk, task);
        finish(batch);
    }

    final int rowsOf(Batch batch) {
        return switch (extent) {
            case ROWS -> batch.rows();
            case TARGETS -> batch.targets();
            case SCORES -> batch.scores();
        };
    }

    final int chunk() {
        return chunk;
    }

    /// Called before the rows, on the calling thread.
    void bind(Batch batch) {}

    /// Computes the rows `from … to − 1` on one thread.
    abstract void rows(int from, int to, int worker);

    /// Called after the rows, on the calling thread.
    void finish(Batch batch) {}
}
