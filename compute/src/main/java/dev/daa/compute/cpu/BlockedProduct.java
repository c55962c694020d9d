package dev.daa.compute.cpu;

import org.jspecify.annotations.Nullable;

/// How [Gemm] computes a product: blocks of [#K_BLOCK] × [#N_BLOCK] of B are packed into panels as wide as the kernel's
/// tile, all workers share them, and each worker takes row blocks of A (Goto and van de Geijn, "Anatomy of
/// High-Performance Matrix Multiplication", 2008). Contiguous rows of A are read in place, the columns of a transposed
/// A are transposed block by block. Small operands, where packing would cost more than it saves, are all read in place.
///
/// Sizes and the split into tasks may depend on the number of workers: they have no influence on the result.
final class BlockedProduct {
    private static final TileKernel KERNEL = TileKernel.PREFERRED;
    private static final int ROWS = KERNEL.rows();
    private static final int WIDTH = KERNEL.width();

    /// Rows of B in a block: a panel of it stays in the second-level cache beside the rows of A that meet it.
    private static final int K_BLOCK = Integer.getInteger("kb", 384);
    /// Columns of B in a block.
    private static final int N_BLOCK = Integer.getInteger("nb", 2048);
    /// Rows of A that meet a panel before the next panel comes: 256 × 384 floats stay in the second-level cache.
    private static final int M_BLOCK = Integer.getInteger("mb", 256);
    /// Rows of B that one packing task copies.
    private static final int PACK_ROWS = 128;
    /// More tasks than workers, so that a worker that is held up leaves its share to the others.
    private static final int TASKS_PER_WORKER = Integer.getInteger("tpw", 4);

    private final Workers workers;
    private final Workers.Task packTask = this::pack;
    private final Workers.Task tileTask = this::multiply;
    /// Scratch memory of each worker: for a block in transposition, transposed rows of A, a tile at the right edge.
    private final float[][] transposeScratch;
    private final float[][] rowScratch;
    private final float[][] edgeScratch;
    /// The panels of the block under way, where they had to be packed.
    private float[] packed = {};

    // The product under way: A [m, k] with a stride per row and one per p, B [k, n] or its transpose, C, its start.
    private int m;
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

    // The block under way: rows fromK … and columns fromN … of B, and where to read panel q of it.
    private int fromK;
    private int blockK;
    private int fromN;
    private int blockN;
    private boolean inPlace;
    private float[] panels = {};
    private int panelOffset;
    private int panelStride;
    private int panelStep;

    // Its tasks.
    private int packParts;
    private int rowTasks;
    private int panelTasks;

    BlockedProduct(Workers workers) {
        this.workers = workers;
        transposeScratch = new float[workers.count()][Packing.scratchSize()];
        rowScratch = new float[workers.count()][0];
        edgeScratch = new float[workers.count()][ROWS * WIDTH];
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

    /// C's initial value: for element (i, j) at `offset + i·row + j·column`. Columns of one panel count from 0
    /// where `column` is 0.
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
        this.m = m;
        this.b = b;
        this.bOffset = bOffset;
        this.ldb = ldb;
        this.bTransposed = bTransposed;
        inPlace = TileKernel.HAS_MASKS && !bTransposed && (m <= 2 * ROWS || n <= (aStep == 1 ? WIDTH / 2 : WIDTH));
        boolean isPanel = !bTransposed && n == WIDTH && ldb == WIDTH;
        for (fromN = 0; fromN < n; fromN += N_BLOCK) {
            blockN = Math.min(N_BLOCK, n - fromN);
            for (fromK = 0; fromK == 0 || fromK < k; fromK += K_BLOCK) {
                blockK = Math.min(K_BLOCK, k - fromK);
                if (inPlace || isPanel) {
                    panels(b, bOffset + fromK * ldb + fromN, WIDTH, ldb);
                } else {
                    packBlock();
                }
                multiplyBlock();
            }
        }
    }

    /// The product with a matrix packed beforehand.
    void multiply(int m, PackedMatrix packedB) {
        this.m = m;
        int n = packedB.n();
        int k = packedB.k();
        inPlace = false;
        for (fromN = 0; fromN < n; fromN += N_BLOCK) {
            blockN = Math.min(N_BLOCK, n - fromN);
            for (fromK = 0; fromK == 0 || fromK < k; fromK += K_BLOCK) {
                blockK = Math.min(K_BLOCK, k - fromK);
                panels(packedB.values(), fromN * k + fromK * WIDTH, WIDTH * k, WIDTH);
                multiplyBlock();
            }
        }
    }

    /// Panel q starts at `offset + q·stride`, its rows lie `step` apart.
    private void panels(float[] panels, int offset, int stride, int step) {
        this.panels = panels;
        this.panelOffset = offset;
        this.panelStride = stride;
        this.panelStep = step;
    }

    private void packBlock() {
        int count = Math.ceilDiv(blockN, WIDTH);
        int needed = count * blockK * WIDTH;
        if (packed.length < needed) {
            packed = new float[needed];
        }
        panels(packed, 0, blockK * WIDTH, WIDTH);
        packParts = Math.ceilDiv(blockK, PACK_ROWS);
        workers.run(count * packParts, packTask);
    }

    /// Packs one part of one panel.
    private void pack(int task, int worker) {
        int panel = task / packParts;
        int from = task % packParts * PACK_ROWS;
        int length = Math.min(PACK_ROWS, blockK - from);
        int columns = Math.min(WIDTH, blockN - panel * WIDTH);
        int row = fromK + from;
        int column = fromN + panel * WIDTH;
        int to = panel * panelStride + from * WIDTH;
        if (bTransposed) {
            int at = bOffset + column * ldb + row;
            Packing.transposedPanel(length, columns, b, at, ldb, packed, to, WIDTH, transposeScratch[worker]);
        } else {
            Packing.panel(length, columns, b, bOffset + row * ldb + column, ldb, packed, to, WIDTH);
        }
    }

    /// Shares the block's tiles out in equal parts: row blocks first, then groups of panels, until there are tasks
    /// enough for the workers.
    private void multiplyBlock() {
        int rowTiles = Math.ceilDiv(m, ROWS);
        int wanted = workers.count() == 1 ? 1 : TASKS_PER_WORKER * workers.count();
        int rounds = Math.ceilDiv(Math.max(Math.ceilDiv(m, M_BLOCK), wanted), workers.count());
        rowTasks = Math.min(rowTiles, rounds * workers.count());
        panelTasks = rowTasks == 0 ? 0 : Math.min(Math.ceilDiv(blockN, WIDTH), Math.ceilDiv(wanted, rowTasks));
        workers.run(rowTasks * panelTasks, tileTask);
    }

    private void multiply(int task, int worker) {
        long rowTiles = Math.ceilDiv(m, ROWS);
        int rowTask = task / panelTasks;
        int fromRow = (int) (rowTask * rowTiles / rowTasks) * ROWS;
        int toRow = Math.min(m, (int) ((rowTask + 1) * rowTiles / rowTasks) * ROWS);
        int panelCount = Math.ceilDiv(blockN, WIDTH);
        int panelTask = task % panelTasks;
        int fromPanel = panelTask * panelCount / panelTasks;
        int toPanel = (panelTask + 1) * panelCount / panelTasks;
        if (sum != null && fromK == 0) {
            storeSum(sum, fromRow, toRow, fromN + fromPanel * WIDTH, fromN + Math.min(blockN, toPanel * WIDTH));
        }
        int at = aOffset + fromRow * aRow + fromK * aStep;
        if (inPlace) {
            for (int panel = fromPanel; panel < toPanel; panel++) {
                multiplyInPlace(fromRow, toRow, panel, at);
            }
            return;
        }
        float[] left = a;
        int leftRow = aRow;
        if (aStep != 1) {
            left = rowScratch(worker, (toRow - fromRow) * blockK);
            leftRow = blockK;
            Packing.transpose(blockK, toRow - fromRow, a, at, aStep, left, 0, leftRow, transposeScratch[worker]);
            at = 0;
        }
        for (int panel = fromPanel; panel < toPanel; panel++) {
            if (blockN - panel * WIDTH >= WIDTH) {
                multiplyPanel(fromRow, toRow, panel, left, at, leftRow);
            } else {
                multiplyLastPanel(fromRow, toRow, panel, left, at, leftRow, edgeScratch[worker]);
            }
        }
    }

    /// Rows `fromRow … toRow - 1` of A, from `leftOffset` of `left`, times a full panel.
    private void multiplyPanel(int fromRow, int toRow, int panel, float[] left, int leftOffset, int leftRow) {
        int at = panelOffset + panel * panelStride;
        float[] from = fromK == 0 ? start : c;
        int fromStride = fromK == 0 ? startRow : ldc;
        int fromAt = startAt(fromRow, panel);
        int cAt = cOffset + fromRow * ldc + fromN + panel * WIDTH;
        for (int row = fromRow; row < toRow; row += ROWS) {
            KERNEL.tile(
                    blockK,
                    left,
                    leftOffset,
                    leftRow,
                    panels,
                    at,
                    from,
                    fromAt,
                    fromStride,
                    c,
                    cAt,
                    ldc,
                    Math.min(ROWS, toRow - row));
            leftOffset += ROWS * leftRow;
            fromAt += ROWS * fromStride;
            cAt += ROWS * ldc;
        }
    }

    /// The same for a panel that the right edge of B cuts.
    private void multiplyLastPanel(
            int fromRow, int toRow, int panel, float[] left, int leftOffset, int leftRow, float[] tile) {
        int at = panelOffset + panel * panelStride;
        int columns = blockN - panel * WIDTH;
        float[] from = fromK == 0 ? start : c;
        int fromStride = fromK == 0 ? startRow : ldc;
        int fromAt = startAt(fromRow, panel);
        int cAt = cOffset + fromRow * ldc + fromN + panel * WIDTH;
        for (int row = fromRow; row < toRow; row += ROWS) {
            int rows = Math.min(ROWS, toRow - row);
            if (TileKernel.HAS_MASKS) {
                KERNEL.edge(
                        blockK,
                        left,
                        leftOffset,
                        leftRow,
                        1,
                        panels,
                        at,
                        WIDTH,
                        from,
                        fromAt,
                        fromStride,
                        c,
                        cAt,
                        ldc,
                        rows,
                        columns);
            } else {
                copy(from, fromAt, fromStride, tile, 0, WIDTH, rows, columns);
                KERNEL.tile(blockK, left, leftOffset, leftRow, panels, at, tile, 0, WIDTH, tile, 0, WIDTH, rows);
                copy(tile, 0, WIDTH, c, cAt, ldc, rows, columns);
            }
            leftOffset += ROWS * leftRow;
            fromAt += ROWS * fromStride;
            cAt += ROWS * ldc;
        }
    }

    /// Rows `fromRow … toRow - 1` of A times columns of B that were not packed, any layout.
    private void multiplyInPlace(int fromRow, int toRow, int panel, int leftOffset) {
        int at = panelOffset + panel * panelStride;
        int columns = Math.min(WIDTH, blockN - panel * WIDTH);
        float[] from = fromK == 0 ? start : c;
        int fromStride = fromK == 0 ? startRow : ldc;
        int fromAt = startAt(fromRow, panel);
        int cAt = cOffset + fromRow * ldc + fromN + panel * WIDTH;
        for (int row = fromRow; row < toRow; row += ROWS) {
            KERNEL.edge(
                    blockK,
                    a,
                    leftOffset,
                    aRow,
                    aStep,
                    panels,
                    at,
                    panelStep,
                    from,
                    fromAt,
                    fromStride,
                    c,
                    cAt,
                    ldc,
                    Math.min(ROWS, toRow - row),
                    columns);
            leftOffset += ROWS * aRow;
            fromAt += ROWS * fromStride;
            cAt += ROWS * ldc;
        }
    }

    /// Where the block's initial values of a row and panel begin: what C holds, from the second block of k on.
    private int startAt(int row, int panel) {
        int column = fromN + panel * WIDTH;
        return fromK == 0 ? startOffset + row * startRow + column * startColumn : cOffset + row * ldc + column;
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

    private float[] rowScratch(int worker, int needed) {
        if (rowScratch[worker].length < needed) {
            rowScratch[worker] = new float[needed];
        }
        return rowScratch[worker];
    }

    private static void copy(
            float[] from, int fromOffset, int fromRow, float[] to, int toOffset, int toRow, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            System.arraycopy(from, fromOffset + i * fromRow, to, toOffset + i * toRow, columns);
        }
    }
}
