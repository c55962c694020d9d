package dev.daa.compute.cpu.product;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.cpu.parallel.Workers;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// How [Gemm] computes a product: B is packed into panels as wide as the kernel's tile, and each worker takes tiles of
/// C (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Contiguous rows of A are read
/// in place; of a transposed A, as many columns as the tile has rows are laid side by side first.
///
/// Each part of the larger operand is read by one worker only, which packs it for itself, just before its tiles, into
/// memory that stays in its second-level cache. The workers share the smaller operand, and pack it together where it
/// needs that: if B is wider than A is high, they share the panels out, else the rows.
///
/// Sizes and the split into tasks may depend on the number of workers: they have no influence on the result.
final class BlockedProduct {
    private static final int ROWS = PanelTiles.ROWS;
    private static final int WIDTH = PanelTiles.WIDTH;
    private static final int NARROW_WIDTH = PanelTiles.NARROW_WIDTH;

    /// Rows of B in a block: a panel of it stays in the second-level cache beside the rows of A that meet it.
    static final int K_BLOCK = 768;
    /// Columns of B in a block that the workers share.
    static final int N_BLOCK = 2048;
    /// Values of A or B that they pack before the tiles of them: several blocks of k where the others are small.
    private static final int SHARED_VALUES = K_BLOCK * N_BLOCK;
    /// Rows of A that meet a panel before the next panel comes: 128 × 768 floats stay in the second-level cache.
    static final int M_BLOCK = 128;
    /// Panels that a worker packs for itself: 64 columns × 768 floats stay in the second-level cache.
    static final int OWN_PANELS = Math.max(1, 64 / WIDTH);
    /// Rows of A that meet its panels in turn, and stay there beside them.
    private static final int M_CHUNK = 8 * ROWS;
    /// Rows of A or B that one task of the shared packing copies.
    private static final int PACK_ROWS = 128;
    /// Columns of A that it copies; of B it copies one panel.
    private static final int PACK_COLUMNS = 16 * ROWS;
    /// Fewer multiply-adds than this are not worth waking the other workers: some microseconds on one core.
    private static final long SHARED_FROM = 1 << 18;

    /// More tasks than workers, so that a worker that is held up leaves its share to the others.
    private static final int TASKS_PER_WORKER = 4;

    private final Workers workers;
    private final Workers.Task packRowsTask = this::packRows;
    private final Workers.Task packPanelTask = this::packPanel;
    private final Workers.Task rowsTask = this::multiplyRows;
    private final Workers.Task panelsTask = this::multiplyPanels;
    /// Scratch memory of each worker: for a block in transposition, a tile at the right edge.
    private final float[][] transposeScratch;
    private final float[][] edgeScratch;
    /// What each worker packs for itself, and what all of them read.
    private final ProductRows[] ownRows;
    private final ProductPanels[] ownPanels;
    private final ProductRows sharedRows = new ProductRows();
    private final ProductPanels sharedPanels = new ProductPanels();

    // The product under way: A [m, k] with a stride per row and one per p, B [k, n] or its transpose, C and its start.
    private int m;
    private int n;
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

    // The block under way, and its tasks.
    private int fromK;
    private int blockK;
    private int fromN;
    private int blockN;
    private int packParts;
    private int rowTasks;
    private int panelTasks;

    BlockedProduct(Workers workers) {
        this.workers = workers;
        int count = workers.count();
        transposeScratch = new float[count][Packing.scratchSize()];
        edgeScratch = new float[count][ROWS * NARROW_WIDTH];
        ownRows = new ProductRows[count];
        ownPanels = new ProductPanels[count];
        for (int worker = 0; worker < count; worker++) {
            ownRows[worker] = new ProductRows();
            ownPanels[worker] = new ProductPanels();
        }
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
        this.m = m;
        this.n = n;
        this.b = b;
        this.bOffset = bOffset;
        this.ldb = ldb;
        this.bTransposed = bTransposed;
        shared = isWorthSharing(m, n, k, workers.count());
        boolean isPanel = !bTransposed && n == WIDTH && ldb == WIDTH;
        if (!isPanel && sharesPanelsOut(m, n, shared ? workers.count() : 1)) {
            sharePanelsOut(k);
        } else {
            shareRowsOut(k, isPanel);
        }
    }

    /// The product with a matrix packed beforehand.
    void multiply(int m, PackedMatrix packedB) {
        this.m = m;
        n = packedB.n();
        int k = packedB.k();
        shared = isWorthSharing(m, n, k, workers.count());
        fromK = 0;
        blockK = k;
        fromN = 0;
        blockN = n;
        sharedPanels.inPlace(packedB.values(), packedB.at(0), WIDTH * k);
        multiplyBlock();
    }

    /// Whether the workers share out B's panels, not A's rows.
    static boolean sharesPanelsOut(int m, int n, int sharers) {
        return n > m && (sharers == 1 || n >= 2 * sharers * OWN_PANELS * WIDTH);
    }

    private static boolean isWorthSharing(long m, long n, long k, int workers) {
        return workers > 1 && m * n * k >= SHARED_FROM;
    }

    private void sharePanelsOut(int k) {
        boolean packsA = aStep != 1;
        int step = packsA ? sharedSteps(m, k) : Math.max(1, k);
        fromN = 0;
        blockN = n;
        for (fromK = 0; fromK == 0 || fromK < k; fromK += step) {
            blockK = Math.min(step, k - fromK);
            if (packsA) {
                sharedRows.packed(m, blockK);
                packParts = Math.ceilDiv(blockK, PACK_ROWS);
                run(Math.ceilDiv(m, PACK_COLUMNS) * packParts, packRowsTask);
            } else {
                sharedRows.inPlace(a, aOffset, aRow);
            }
            run(Math.ceilDiv(n, OWN_PANELS * WIDTH), panelsTask);
        }
    }

    private void shareRowsOut(int k, boolean isPanel) {
        boolean packsA = aStep != 1;
        for (fromN = 0; fromN < n; fromN += N_BLOCK) {
            blockN = Math.min(N_BLOCK, n - fromN);
            int step = packsA ? K_BLOCK : isPanel ? Math.max(1, k) : sharedSteps(blockN, k);
            for (fromK = 0; fromK == 0 || fromK < k; fromK += step) {
                blockK = Math.min(step, k - fromK);
                if (isPanel) {
                    sharedPanels.inPlace(b, bOffset + fromK * WIDTH, 0);
                } else {
                    int panels = Math.ceilDiv(blockN, WIDTH);
                    sharedPanels.packed(panels, blockK);
                    packParts = Math.ceilDiv(blockK, PACK_ROWS);
                    run(panels * packParts, packPanelTask);
                }
                multiplyBlock();
            }
        }
    }

    /// How much of k the workers pack of `count` rows of A or columns of B at a time: whole blocks.
    static int sharedSteps(int count, int k) {
        int blocks = Math.max(1, SHARED_VALUES / K_BLOCK / Math.max(1, count));
        return blocks >= Math.ceilDiv(k, K_BLOCK) ? Math.max(1, k) : blocks * K_BLOCK;
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

    private void packRows(int task, int worker) {
        int column = task / packParts * PACK_COLUMNS;
        int from = task % packParts * PACK_ROWS;
        int length = Math.min(PACK_ROWS, blockK - from);
        packRows(sharedRows, column, column, Math.min(PACK_COLUMNS, m - column), from, from, length);
    }

    /// A's columns `column …`, steps `from …` of the block, as row `index` and the following of `rows`, from their
    /// step `to` on.
    private void packRows(ProductRows rows, int index, int column, int columns, int from, int to, int length) {
        int at = aOffset + column + (fromK + from) * aStep;
        Packing.groups(length, columns, a, at, aStep, rows.values, rows.at(index) + to * ROWS, rows.tile);
    }

    private void packPanel(int task, int worker) {
        int panel = task / packParts;
        int from = task % packParts * PACK_ROWS;
        int length = Math.min(PACK_ROWS, blockK - from);
        packPanel(sharedPanels, panel, fromN + panel * WIDTH, from, fromK + from, length, worker);
    }

    /// B's columns `column …`, rows `row …`, as steps `from …` of a panel.
    private void packPanel(ProductPanels panels, int panel, int column, int from, int row, int length, int worker) {
        int columns = Math.min(WIDTH, n - column);
        int to = panels.at(panel) + from * WIDTH;
        if (bTransposed) {
            int at = bOffset + column * ldb + row;
            Packing.transposedPanel(length, columns, b, at, ldb, panels.values, to, WIDTH, transposeScratch[worker]);
        } else {
            Packing.panel(length, columns, b, bOffset + row * ldb + column, ldb, panels.values, to);
        }
    }

    private int wantedTasks() {
        return shared ? TASKS_PER_WORKER * workers.count() : 1;
    }

    /// Shares the block's tiles out in equal parts, until there are tasks enough for the workers: rows first where
    /// there are more of them than columns, so that one worker only reads each part of A.
    private void multiplyBlock() {
        if (aStep == 1) {
            sharedRows.inPlace(a, aOffset + fromK, aRow);
        }
        int rowTiles = Math.ceilDiv(m, ROWS);
        int panelCount = Math.ceilDiv(blockN, WIDTH);
        int wanted = wantedTasks();
        int fittingRows = Math.ceilDiv(m, M_BLOCK);
        if (blockN > m) {
            panelTasks = Math.min(panelCount, wanted);
            rowTasks = Math.min(rowTiles, Math.max(fittingRows, Math.ceilDiv(wanted, panelTasks)));
        } else {
            int sharers = shared ? workers.count() : 1;
            rowTasks = Math.min(rowTiles, Math.ceilDiv(Math.max(fittingRows, wanted), sharers) * sharers);
            panelTasks = rowTasks == 0 ? 0 : Math.min(panelCount, Math.ceilDiv(wanted, rowTasks));
        }
        run(rowTasks * panelTasks, rowsTask);
    }

    private void multiplyRows(int task, int worker) {
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
        for (int done = 0; done == 0 || done < blockK; done += K_BLOCK) {
            int from = fromK + done;
            int depth = Math.min(K_BLOCK, blockK - done);
            ProductRows rows = sharedRows;
            int rowAt = rows.at(fromRow) + done;
            if (aStep != 1) {
                rows = ownRows[worker];
                rows.packed(toRow - fromRow, depth);
                packRows(rows, 0, fromRow, toRow - fromRow, done, 0, depth);
                rowAt = rows.at(0);
            }
            for (int panel = fromPanel; panel < toPanel; panel++) {
                int column = fromN + panel * WIDTH;
                int at = sharedPanels.at(panel) + done * WIDTH;
                tiles(fromRow, toRow, column, from, depth, rows, rowAt, sharedPanels.values, at, worker);
            }
        }
    }

    private void multiplyPanels(int task, int worker) {
        int fromColumn = task * OWN_PANELS * WIDTH;
        int toColumn = Math.min(n, fromColumn + OWN_PANELS * WIDTH);
        int count = Math.ceilDiv(toColumn - fromColumn, WIDTH);
        if (sum != null && fromK == 0) {
            storeSum(sum, 0, m, fromColumn, toColumn);
        }
        ProductPanels panels = ownPanels[worker];
        for (int done = 0; done == 0 || done < blockK; done += K_BLOCK) {
            int from = fromK + done;
            int depth = Math.min(K_BLOCK, blockK - done);
            panels.packed(count, depth);
            for (int panel = 0; panel < count; panel++) {
                packPanel(panels, panel, fromColumn + panel * WIDTH, 0, from, depth, worker);
            }
            for (int row = 0; row < m; row += M_CHUNK) {
                int toRow = Math.min(m, row + M_CHUNK);
                int rowAt = sharedRows.at(row) + done * sharedRows.step;
                for (int panel = 0; panel < count; panel++) {
                    int column = fromColumn + panel * WIDTH;
                    tiles(row, toRow, column, from, depth, sharedRows, rowAt, panels.values, panels.at(panel), worker);
                }
            }
        }
    }

    /// C's rows `row … toRow − 1`, and the columns of the panel that begins at `column`, over `depth` steps from
    /// `from` on.
    private void tiles(
            int row,
            int toRow,
            int column,
            int from,
            int depth,
            ProductRows rows,
            int rowAt,
            float[] panels,
            int at,
            int worker) {
        if (n - column < WIDTH) {
            strips(row, toRow, column, from, depth, rows, rowAt, panels, at, edgeScratch[worker]);
            return;
        }
        float[] initial = from == 0 ? start : c;
        int initialRow = from == 0 ? startRow : ldc;
        int initialAt = initialAt(row, column, from);
        int cAt = resultAt(row, column);
        int tileAt = rowAt;
        for (int first = row; first < toRow; first += ROWS) {
            int count = Math.min(ROWS, toRow - first);
            PanelTiles.widest(
                    depth,
                    rows.values,
                    tileAt,
                    rows.row,
                    rows.step,
                    panels,
                    at,
                    initial,
                    initialAt,
                    initialRow,
                    c,
                    cAt,
                    ldc,
                    count);
            tileAt += rows.tile;
            initialAt += ROWS * initialRow;
            cAt += ROWS * ldc;
        }
    }

    /// The same in narrow tiles, for a panel that the right edge of B cuts. What is narrower still goes through
    /// `tile`.
    private void strips(
            int row,
            int toRow,
            int column,
            int from,
            int depth,
            ProductRows rows,
            int rowAt,
            float[] panels,
            int at,
            float[] tile) {
        float[] initial = from == 0 ? start : c;
        int initialRow = from == 0 ? startRow : ldc;
        for (int strip = column; strip < n; strip += NARROW_WIDTH) {
            int width = Math.min(NARROW_WIDTH, n - strip);
            int initialAt = initialAt(row, strip, from);
            int cAt = resultAt(row, strip);
            int tileAt = rowAt;
            for (int first = row; first < toRow; first += ROWS) {
                int count = Math.min(ROWS, toRow - first);
                if (width == NARROW_WIDTH) {
                    PanelTiles.narrow(
                            depth,
                            rows.values,
                            tileAt,
                            rows.row,
                            rows.step,
                            panels,
                            at + strip - column,
                            initial,
                            initialAt,
                            initialRow,
                            c,
                            cAt,
                            ldc,
                            count);
                } else {
                    copy(initial, initialAt, initialRow, tile, 0, NARROW_WIDTH, count, width);
                    PanelTiles.narrow(
                            depth,
                            rows.values,
                            tileAt,
                            rows.row,
                            rows.step,
                            panels,
                            at + strip - column,
                            tile,
                            0,
                            NARROW_WIDTH,
                            tile,
                            0,
                            NARROW_WIDTH,
                            count);
                    copy(tile, 0, NARROW_WIDTH, c, cAt, ldc, count, width);
                }
                tileAt += rows.tile;
                initialAt += ROWS * initialRow;
                cAt += ROWS * ldc;
            }
        }
    }

    private int resultAt(int row, int column) {
        return cOffset + row * ldc + column;
    }

    /// Where the initial values of a tile begin: from the second block of k on, in C.
    private int initialAt(int row, int column, int from) {
        return from == 0 ? startOffset + row * startRow + column * startColumn : resultAt(row, column);
    }

    private void storeSum(Initial.Sum sum, int fromRow, int toRow, int fromColumn, int toColumn) {
        float[] matrix = sum.matrix().values();
        float[] row = sum.row().values();
        int rowAt = sum.row().offset() + fromColumn;
        int columns = toColumn - fromColumn;
        for (int i = fromRow; i < toRow; i++) {
            int matrixAt = sum.matrix().offset() + i * sum.matrix().stride() + fromColumn;
            int cAt = cOffset + i * ldc + fromColumn;
            // HotSpot does not turn this into vectors itself, since the arrays might overlap.
            int j = 0;
            for (; j <= columns - LANES; j += LANES) {
                FloatVector.fromArray(SPECIES, matrix, matrixAt + j)
                        .add(FloatVector.fromArray(SPECIES, row, rowAt + j))
                        .intoArray(c, cAt + j);
            }
            for (; j < columns; j++) {
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
