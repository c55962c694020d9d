package dev.daa.compute.cpu;

import org.jspecify.annotations.Nullable;

/// How [Gemm] computes a product: blocks of [#K_BLOCK] × [#N_BLOCK] of B are packed into panels as wide as the kernel's
/// tile, all workers share them, and each worker takes row blocks of A (Goto and van de Geijn, "Anatomy of
/// High-Performance Matrix Multiplication", 2008). Contiguous rows of A are read in place; of a transposed A, as many
/// columns as the tile has rows are laid side by side first.
///
/// Sizes and the split into tasks may depend on the number of workers: they have no influence on the result.
final class BlockedProduct {
    private static final int ROWS = PanelTiles.ROWS;
    private static final int WIDTH = PanelTiles.WIDTH;
    private static final int NARROW_WIDTH = PanelTiles.NARROW_WIDTH;

    /// Rows of B in a block: a panel of it stays in the second-level cache beside the rows of A that meet it.
    private static final int K_BLOCK = 768;
    /// The same of a matrix packed beforehand: the whole sum for most models, in one call of the workers.
    private static final int PACKED_K_BLOCK = 2 * K_BLOCK;
    /// Columns of B in a block.
    private static final int N_BLOCK = 2048;
    /// Rows of A that meet a panel before the next panel comes: 128 × 768 floats stay in the second-level cache.
    private static final int M_BLOCK = 128;
    /// Rows of A or B that one packing task copies.
    private static final int PACK_ROWS = 128;
    /// Columns of A that it copies; of B it copies one panel.
    private static final int PACK_COLUMNS = 16 * ROWS;
    /// Keeps groups of packed columns of A from falling on the same places of the cache.
    private static final int PADDING = 16;
    /// Fewer multiply-adds than this are not worth waking the other workers: some microseconds on one core.
    private static final long SHARED_FROM = 1 << 18;

    /// More tasks than workers, so that a worker that is held up leaves its share to the others.
    private static final int TASKS_PER_WORKER = 4;

    private final Workers workers;
    private final Workers.Task packTask = this::pack;
    private final Workers.Task tileTask = this::multiply;
    /// Scratch memory of each worker: for a block in transposition, a tile at the right edge.
    private final float[][] transposeScratch;
    private final float[][] edgeScratch;
    /// What had to be packed of the block under way.
    private float[] packedRows = {};
    private float[] packedPanels = {};

    // The product under way: A [m, k] with a stride per row and one per p, B [k, n] or its transpose, C and its start.
    private float[] a = {};
    private int aOffset;
    private int aRow;
    private int aStep;
    private float[] b = {};
    private int bOffset;
    private int ldb;
    private boolean bTransposed;
    private float[] c = {};
    private int cOffset;
    private int ldc;
    private float[] start = {};
    private int startOffset;
    private int startRow;
    private int startColumn;
    private Initial.@Nullable Sum sum;
    private boolean shared;

    // The block under way: where it begins, its size, and where to read its rows of A and its panels of B.
    private int fromM;
    private int blockM;
    private int fromK;
    private int blockK;
    private int fromN;
    private int blockN;
    private float[] rows = {};
    private int rowOffset;
    private int tileStride;
    private int rowStride;
    private int stepStride;
    private float[] panels = {};
    private int panelOffset;
    private int panelStride;

    // Its tasks.
    private int packTasksOfA;
    private int packParts;
    private int rowTasks;
    private int panelTasks;

    BlockedProduct(Workers workers) {
        this.workers = workers;
        transposeScratch = new float[workers.count()][Packing.scratchSize()];
        edgeScratch = new float[workers.count()][ROWS * NARROW_WIDTH];
    }

    /// A: element (i, p) lies at `offset + i·row + p·step`.
    void left(float[] a, int offset, int row, int step) {
        this.a = a;
        this.aOffset = offset;
        this.aRow = row;
        this.aStep = step;
    }

    /// C.
    void result(float[] c, int offset, int stride) {
        this.c = c;
        this.cOffset = offset;
        this.ldc = stride;
    }

    /// C's initial value. Column 0 of row i lies at `offset + i·row`; where `column` is 0, every panel starts
    /// there, else panels follow one another as in C.
    void start(float[] start, int offset, int row, int column) {
        this.start = start;
        this.startOffset = offset;
        this.startRow = row;
        this.startColumn = column;
        this.sum = null;
    }

    /// C's initial value is a sum, which each task stores in C first.
    void startAtSum(Initial.Sum sum) {
        start(c, cOffset, ldc, 1);
        this.sum = sum;
    }

    /// The product with B `[k, n]`, or with the transpose of B `[n, k]`.
    void multiply(int m, int n, int k, float[] b, int bOffset, int ldb, boolean bTransposed) {
        this.b = b;
        this.bOffset = bOffset;
        this.ldb = ldb;
        this.bTransposed = bTransposed;
        shared = isWorthSharing(m, n, k);
        boolean isPanel = n == WIDTH && ldb == WIDTH;
        boolean packsA = aStep != 1;
        boolean packsB = bTransposed || !isPanel;
        int mBlock = packsA ? M_BLOCK * wantedTasks() : m;
        for (fromN = 0; fromN < n; fromN += N_BLOCK) {
            blockN = Math.min(N_BLOCK, n - fromN);
            for (fromK = 0; fromK == 0 || fromK < k; fromK += K_BLOCK) {
                blockK = Math.min(K_BLOCK, k - fromK);
                for (fromM = 0; fromM < m; fromM += mBlock) {
                    blockM = Math.min(mBlock, m - fromM);
                    pack(packsA, packsB && fromM == 0);
                    if (!packsB) {
                        panels(b, bOffset + fromK * WIDTH, 0);
                    }
                    multiplyBlock();
                }
            }
        }
    }

    /// The product with a matrix packed beforehand.
    void multiply(int m, PackedMatrix packedB) {
        int n = packedB.n();
        int k = packedB.k();
        shared = isWorthSharing(m, n, k);
        fromM = 0;
        blockM = m;
        fromN = 0;
        blockN = n;
        for (fromK = 0; fromK == 0 || fromK < k; fromK += PACKED_K_BLOCK) {
            blockK = Math.min(PACKED_K_BLOCK, k - fromK);
            rowsInPlace(aOffset + fromK);
            panels(packedB.values(), fromK * WIDTH, WIDTH * k);
            multiplyBlock();
        }
    }

    /// Values of the packed block of B in a product with so many columns and steps.
    static long panelValues(int n, int k) {
        return (long) Math.ceilDiv(Math.min(N_BLOCK, n), WIDTH) * WIDTH * Math.min(K_BLOCK, k);
    }

    /// Values of the packed rows of a transposed A in a product with so many rows and steps.
    static long rowValues(int m, int k, int threads) {
        int tasks = threads == 1 ? 1 : threads * TASKS_PER_WORKER;
        int rows = Math.min(M_BLOCK * tasks, m);
        return (long) Math.ceilDiv(rows, ROWS) * (ROWS * Math.min(K_BLOCK, k) + PADDING);
    }

    private boolean isWorthSharing(long m, long n, long k) {
        return workers.count() > 1 && m * n * k >= SHARED_FROM;
    }

    /// The block's rows are A's own, from `offset` on.
    private void rowsInPlace(int offset) {
        rows = a;
        rowOffset = offset;
        tileStride = ROWS * aRow;
        rowStride = aRow;
        stepStride = 1;
    }

    /// The block's rows are packed, as many of them side by side as a tile has.
    private void rowsPacked() {
        tileStride = ROWS * blockK + PADDING;
        packedRows = atLeast(packedRows, Math.ceilDiv(blockM, ROWS) * tileStride);
        rows = packedRows;
        rowOffset = 0;
        rowStride = 1;
        stepStride = ROWS;
    }

    /// Panel q of the block starts at `offset + q·stride`.
    private void panels(float[] panels, int offset, int stride) {
        this.panels = panels;
        this.panelOffset = offset;
        this.panelStride = stride;
    }

    /// Lays out what cannot be read as it is: the block of a transposed A in rows, the block of B in panels.
    private void pack(boolean packsA, boolean packsB) {
        int columnParts = packsA ? Math.ceilDiv(blockM, PACK_COLUMNS) : 0;
        int panelCount = packsB ? Math.ceilDiv(blockN, WIDTH) : 0;
        packParts = Math.ceilDiv(blockK, PACK_ROWS);
        packTasksOfA = columnParts * packParts;
        if (packsA) {
            rowsPacked();
        } else {
            rowsInPlace(aOffset + fromM * aRow + fromK);
        }
        if (packsB) {
            packedPanels = atLeast(packedPanels, panelCount * blockK * WIDTH);
            panels(packedPanels, 0, blockK * WIDTH);
        }
        run(packTasksOfA + panelCount * packParts, packTask);
    }

    private static float[] atLeast(float[] scratch, int size) {
        return scratch.length < size ? new float[size] : scratch;
    }

    private void pack(int task, int worker) {
        if (task < packTasksOfA) {
            packRows(task / packParts * PACK_COLUMNS, task % packParts * PACK_ROWS);
        } else {
            int index = task - packTasksOfA;
            packPanel(index / packParts, index % packParts * PACK_ROWS, transposeScratch[worker]);
        }
    }

    /// A's columns `column …`, from the block's row `from` of k on.
    private void packRows(int column, int from) {
        int length = Math.min(PACK_ROWS, blockK - from);
        int columns = Math.min(PACK_COLUMNS, blockM - column);
        int at = aOffset + fromM + column + (fromK + from) * aStep;
        int to = column / ROWS * tileStride + from * ROWS;
        Packing.groups(length, columns, a, at, aStep, packedRows, to, tileStride);
    }

    /// Panel `panel` of B, from the block's row `from` of k on.
    private void packPanel(int panel, int from, float[] scratch) {
        int length = Math.min(PACK_ROWS, blockK - from);
        int columns = Math.min(WIDTH, blockN - panel * WIDTH);
        int row = fromK + from;
        int column = fromN + panel * WIDTH;
        int to = panel * panelStride + from * WIDTH;
        if (bTransposed) {
            Packing.transposedPanel(
                    length, columns, b, bOffset + column * ldb + row, ldb, packedPanels, to, WIDTH, scratch);
        } else {
            Packing.panel(length, columns, b, bOffset + row * ldb + column, ldb, packedPanels, to);
        }
    }

    private int wantedTasks() {
        return shared ? TASKS_PER_WORKER * workers.count() : 1;
    }

    private void run(int tasks, Workers.Task task) {
        if (shared) {
            workers.run(tasks, task);
            return;
        }
        for (int index = 0; index < tasks; index++) {
            task.run(index, 0);
        }
    }

    /// Shares the block's tiles out in equal parts, until there are tasks enough for the workers: panels first
    /// where B is the larger operand, rows first where A is, so that one worker only reads each part of it.
    private void multiplyBlock() {
        int rowTiles = Math.ceilDiv(blockM, ROWS);
        int panelCount = Math.ceilDiv(blockN, WIDTH);
        int wanted = wantedTasks();
        int fittingRows = Math.ceilDiv(blockM, M_BLOCK);
        if (blockN > blockM) {
            panelTasks = Math.min(panelCount, wanted);
            rowTasks = Math.min(rowTiles, Math.max(fittingRows, Math.ceilDiv(wanted, panelTasks)));
        } else {
            int sharers = shared ? workers.count() : 1;
            rowTasks = Math.min(rowTiles, Math.ceilDiv(Math.max(fittingRows, wanted), sharers) * sharers);
            panelTasks = rowTasks == 0 ? 0 : Math.min(panelCount, Math.ceilDiv(wanted, rowTasks));
        }
        run(rowTasks * panelTasks, tileTask);
    }

    private void multiply(int task, int worker) {
        long rowTiles = Math.ceilDiv(blockM, ROWS);
        int rowTask = task / panelTasks;
        int fromRow = (int) (rowTask * rowTiles / rowTasks) * ROWS;
        int toRow = Math.min(blockM, (int) ((rowTask + 1) * rowTiles / rowTasks) * ROWS);
        int panelCount = Math.ceilDiv(blockN, WIDTH);
        int panelTask = task % panelTasks;
        int fromPanel = panelTask * panelCount / panelTasks;
        int toPanel = (panelTask + 1) * panelCount / panelTasks;
        if (sum != null && fromK == 0) {
            int fromColumn = fromN + fromPanel * WIDTH;
            int toColumn = fromN + Math.min(blockN, toPanel * WIDTH);
            storeSum(sum, fromM + fromRow, fromM + toRow, fromColumn, toColumn);
        }
        for (int panel = fromPanel; panel < toPanel; panel++) {
            if (blockN - panel * WIDTH >= WIDTH) {
                multiplyPanel(fromRow, toRow, panel);
            } else {
                multiplyStrips(fromRow, toRow, panel, edgeScratch[worker]);
            }
        }
    }

    /// The block's rows `fromRow … toRow - 1` of A times a full panel.
    private void multiplyPanel(int fromRow, int toRow, int panel) {
        int at = panelOffset + panel * panelStride;
        float[] from = fromK == 0 ? start : c;
        int fromStride = fromK == 0 ? startRow : ldc;
        int fromAt = startAt(fromRow, panel);
        int cAt = resultAt(fromRow, panel);
        int rowAt = rowOffset + fromRow / ROWS * tileStride;
        for (int row = fromRow; row < toRow; row += ROWS) {
            int count = Math.min(ROWS, toRow - row);
            PanelTiles.widest(
                    blockK,
                    rows,
                    rowAt,
                    rowStride,
                    stepStride,
                    panels,
                    at,
                    from,
                    fromAt,
                    fromStride,
                    c,
                    cAt,
                    ldc,
                    count);
            rowAt += tileStride;
            fromAt += ROWS * fromStride;
            cAt += ROWS * ldc;
        }
    }

    /// The same in narrow tiles, for a panel that the right edge of B cuts. What is narrower still goes through
    /// `tile`.
    private void multiplyStrips(int fromRow, int toRow, int panel, float[] tile) {
        int columns = Math.min(WIDTH, blockN - panel * WIDTH);
        float[] from = fromK == 0 ? start : c;
        int fromStride = fromK == 0 ? startRow : ldc;
        for (int strip = 0; strip < columns; strip += NARROW_WIDTH) {
            int at = panelOffset + panel * panelStride + strip;
            int width = Math.min(NARROW_WIDTH, columns - strip);
            int fromAt = startAt(fromRow, panel) + (fromK == 0 ? strip * startColumn : strip);
            int cAt = resultAt(fromRow, panel) + strip;
            int rowAt = rowOffset + fromRow / ROWS * tileStride;
            for (int row = fromRow; row < toRow; row += ROWS) {
                int count = Math.min(ROWS, toRow - row);
                if (width == NARROW_WIDTH) {
                    PanelTiles.narrow(
                            blockK,
                            rows,
                            rowAt,
                            rowStride,
                            stepStride,
                            panels,
                            at,
                            from,
                            fromAt,
                            fromStride,
                            c,
                            cAt,
                            ldc,
                            count);
                } else {
                    copy(from, fromAt, fromStride, tile, 0, NARROW_WIDTH, count, width);
                    PanelTiles.narrow(
                            blockK,
                            rows,
                            rowAt,
                            rowStride,
                            stepStride,
                            panels,
                            at,
                            tile,
                            0,
                            NARROW_WIDTH,
                            tile,
                            0,
                            NARROW_WIDTH,
                            count);
                    copy(tile, 0, NARROW_WIDTH, c, cAt, ldc, count, width);
                }
                rowAt += tileStride;
                fromAt += ROWS * fromStride;
                cAt += ROWS * ldc;
            }
        }
    }

    private int resultAt(int row, int panel) {
        return cOffset + (fromM + row) * ldc + fromN + panel * WIDTH;
    }

    /// Where the initial values of the block's row and panel begin: from the second block of k on, in C.
    private int startAt(int row, int panel) {
        return fromK == 0
                ? startOffset + (fromM + row) * startRow + (fromN + panel * WIDTH) * startColumn
                : resultAt(row, panel);
    }

    private void storeSum(Initial.Sum sum, int fromRow, int toRow, int fromColumn, int toColumn) {
        float[] matrix = sum.matrix().values();
        float[] row = sum.row().values();
        int rowAt = sum.row().offset() + fromColumn;
        for (int i = fromRow; i < toRow; i++) {
            int matrixAt = sum.matrix().offset() + i * sum.matrix().stride() + fromColumn;
            int cAt = cOffset + i * ldc + fromColumn;
            for (int j = 0; j < toColumn - fromColumn; j++) {
                c[cAt + j] = matrix[matrixAt + j] + row[rowAt + j];
            }
        }
    }

    private static void copy(
            float[] from, int fromOffset, int fromRow, float[] to, int toOffset, int toRow, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            System.arraycopy(from, fromOffset + i * fromRow, to, toOffset + i * toRow, columns);
        }
    }
}
