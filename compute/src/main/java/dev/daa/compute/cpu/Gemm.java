package dev.daa.compute.cpu;

/// The matrix product of the CPU backend, in fp32 on row-major arrays:
///
/// - [#nn] `C[m, n] = initial + A[m, k]·B[k, n]`
/// - [#nt] `C[m, n] = initial + A[m, k]·B[n, k]ᵀ` (a linear layer, weights `[out, in]`)
/// - [#tn] `C[m, n] = initial + A[k, m]ᵀ·B[k, n]` (its weight gradient)
/// - [#packed] as nn with B laid out beforehand in a [PackedMatrix]
///
/// Every matrix is an array, the offset of its first element and a leading dimension: the distance between the starts
/// of neighbouring rows as they are stored. `initial` is zero, C itself, a bias, a residual or both: see [Initial].
/// C must not overlap A or B.
///
/// **Same bits always.** Element C[i, j] is one chain `fma(A[i, p], B[p, j], sum)` over p = 0 … k − 1 that starts at
/// its initial value. Nothing else enters: not m, n or the place of the row, not the number of threads, not whether B
/// is packed, not the vector width. The result of a row is the same alone and in a batch.
///
/// **Threads.** A product is shared out over the pool's workers. Inside a task of the pool use `serial(worker)`, a
/// Gemm for that worker alone. An object serves one call at a time. Scratch memory grows to what the largest product
/// needs and is then reused, so that a call allocates nothing.
///
/// Method: blocks of [#K_BLOCK] × [#N_BLOCK] of B are packed into panels as wide as the kernel's tile (Goto and van de
/// Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008); all workers share them. A is read in place.
public final class Gemm {
    private static final TileKernel KERNEL = TileKernel.PREFERRED;
    private static final int ROWS = KERNEL.rows();
    private static final int WIDTH = KERNEL.width();

    /// Rows of B in a block: a panel of it and a tile's rows of A stay in the second-level cache.
    private static final int K_BLOCK = 384;
    /// Columns of B in a block.
    private static final int N_BLOCK = 2048;
    /// Rows of A that meet a panel before the next panel comes: 240 × 384 floats stay in the second-level cache.
    private static final int M_BLOCK = 240 / ROWS * ROWS;
    /// Rows of B that one packing task copies.
    private static final int PACK_ROWS = 128;
    private static final int TASKS_PER_WORKER = 4;
    private static final float[] ZEROS = new float[WIDTH];

    private final Workers workers;
    private final Gemm[] serial;
    private final float[][] transposeScratch;
    private final float[][] tileScratch;
    private final Workers.Task packTask = this::packPart;
    private final Workers.Task tileTask = this::multiplyPart;

    /// The panels of the current block, when they had to be packed.
    private float[] packed = {};

    // The product under way.
    private int m;
    private float[] a = {};
    private int aOffset;
    private int aRow;
    private int aStep;
    private boolean aPacked;
    private float[] b = {};
    private int bOffset;
    private int ldb;
    private boolean bTransposed;
    private float[] c = {};
    private int cOffset;
    private int ldc;
    private float[] init = {};
    private int initOffset;
    private int initRow;
    private int initColumn;
    private Initial initial = Initial.ZERO;

    // The block under way: rows fromK … + blockK, columns fromN … + blockN of B.
    private int fromK;
    private int blockK;
    private int fromN;
    private int blockN;
    /// Where full panels are read: panel q of the block starts at `panelOffset + q·panelStride`.
    private float[] panels = {};
    private int panelOffset;
    private int panelStride;
    private int panelStep;
    /// Where the last, narrower panel is read, in steps of `WIDTH`.
    private float[] lastPanel = {};
    private int lastPanelOffset;
    private int packPanels;
    private int firstPackedPanel;
    private int rowsPerTask;
    private int panelsPerTask;
    private int panelTasks;

    /// A matrix product on the workers of `workers`.
    public Gemm(Workers workers) {
        this(workers, workers.count() == 1 ? 0 : workers.count());
    }

    private Gemm(Workers workers, int serialCount) {
        this.workers = workers;
        transposeScratch = new float[workers.count()][Packing.scratchSize()];
        tileScratch = new float[workers.count()][0];
        serial = new Gemm[serialCount];
        for (int worker = 0; worker < serialCount; worker++) {
            serial[worker] = new Gemm(new Workers(1), 0);
        }
    }

    /// The product that worker `worker` may use inside a task: it runs on the calling thread.
    public Gemm serial(int worker) {
        return serial.length == 0 ? this : serial[worker];
    }

    /// C (+)= A·B.
    public void nn(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc,
            boolean accumulate) {
        nn(m, n, k, a, aOffset, lda, b, bOffset, ldb, c, cOffset, ldc, start(accumulate));
    }

    /// C = initial + A·B.
    public void nn(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc,
            Initial initial) {
        checkMatrix("A", m, k, a, aOffset, lda);
        checkMatrix("B", k, n, b, bOffset, ldb);
        left(m, a, aOffset, lda, 1, false);
        right(b, bOffset, ldb, false);
        result(n, c, cOffset, ldc, initial);
        multiply(n, k);
    }

    /// C (+)= A·Bᵀ.
    public void nt(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc,
            boolean accumulate) {
        nt(m, n, k, a, aOffset, lda, b, bOffset, ldb, c, cOffset, ldc, start(accumulate));
    }

    /// C = initial + A·Bᵀ.
    public void nt(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc,
            Initial initial) {
        checkMatrix("A", m, k, a, aOffset, lda);
        checkMatrix("B", n, k, b, bOffset, ldb);
        left(m, a, aOffset, lda, 1, false);
        right(b, bOffset, ldb, true);
        result(n, c, cOffset, ldc, initial);
        multiply(n, k);
    }

    /// C (+)= Aᵀ·B.
    public void tn(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc,
            boolean accumulate) {
        tn(m, n, k, a, aOffset, lda, b, bOffset, ldb, c, cOffset, ldc, start(accumulate));
    }

    /// C = initial + Aᵀ·B.
    public void tn(
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            float[] c,
            int cOffset,
            int ldc,
            Initial initial) {
        checkMatrix("A", k, m, a, aOffset, lda);
        checkMatrix("B", k, n, b, bOffset, ldb);
        left(m, a, aOffset, 1, lda, true);
        right(b, bOffset, ldb, false);
        result(n, c, cOffset, ldc, initial);
        multiply(n, k);
    }

    /// C = initial + A·B with `n` and `k` of the packed B.
    public void packed(
            int m, float[] a, int aOffset, int lda, PackedMatrix b, float[] c, int cOffset, int ldc, Initial initial) {
        int n = b.n();
        int k = b.k();
        checkMatrix("A", m, k, a, aOffset, lda);
        left(m, a, aOffset, lda, 1, false);
        result(n, c, cOffset, ldc, initial);
        if (m == 0 || n == 0) {
            return;
        }
        blockN = n;
        fromN = 0;
        panels = b.values();
        lastPanel = b.values();
        panelStride = k * WIDTH;
        panelStep = WIDTH;
        for (fromK = 0; fromK == 0 || fromK < k; fromK += K_BLOCK) {
            blockK = Math.min(K_BLOCK, k - fromK);
            panelOffset = fromK * WIDTH;
            lastPanelOffset = panelOffset + n / WIDTH * panelStride;
            multiplyBlock();
        }
    }

    private static Initial start(boolean accumulate) {
        return accumulate ? Initial.ACCUMULATE : Initial.ZERO;
    }

    private void left(int m, float[] a, int aOffset, int aRow, int aStep, boolean aPacked) {
        this.m = m;
        this.a = a;
        this.aOffset = aOffset;
        this.aRow = aRow;
        this.aStep = aStep;
        this.aPacked = aPacked;
    }

    private void right(float[] b, int bOffset, int ldb, boolean bTransposed) {
        this.b = b;
        this.bOffset = bOffset;
        this.ldb = ldb;
        this.bTransposed = bTransposed;
    }

    private void result(int n, float[] c, int cOffset, int ldc, Initial initial) {
        checkMatrix("C", m, n, c, cOffset, ldc);
        this.c = c;
        this.cOffset = cOffset;
        this.ldc = ldc;
        this.initial = initial;
        switch (initial) {
            case Initial.Zero() -> startAt(ZEROS, 0, 0, 0);
            case Initial.Accumulate() -> startAt(c, cOffset, ldc, 1);
            case Initial.Row(float[] values, int offset) -> {
                checkMatrix("initial row", 1, n, values, offset, n);
                startAt(values, offset, 0, 1);
            }
            case Initial.Matrix(float[] values, int offset, int stride) -> {
                checkMatrix("initial matrix", m, n, values, offset, stride);
                startAt(values, offset, stride, 1);
            }
            case Initial.Sum(Initial.Matrix matrix, Initial.Row row) -> {
                checkMatrix("initial matrix", m, n, matrix.values(), matrix.offset(), matrix.stride());
                checkMatrix("initial row", 1, n, row.values(), row.offset(), n);
                startAt(c, cOffset, ldc, 1);
            }
        }
    }

    private void startAt(float[] init, int offset, int row, int column) {
        this.init = init;
        this.initOffset = offset;
        this.initRow = row;
        this.initColumn = column;
    }

    private void multiply(int n, int k) {
        if (m == 0) {
            return;
        }
        for (fromN = 0; fromN < n; fromN += N_BLOCK) {
            blockN = Math.min(N_BLOCK, n - fromN);
            for (fromK = 0; fromK == 0 || fromK < k; fromK += K_BLOCK) {
                blockK = Math.min(K_BLOCK, k - fromK);
                packBlock();
                multiplyBlock();
            }
        }
    }

    /// Lays out the block of B in panels, except where it can be read in place.
    private void packBlock() {
        int full = blockN / WIDTH;
        int count = Math.ceilDiv(blockN, WIDTH);
        boolean inPlace = !bTransposed && (ldb == WIDTH || m <= 2 * ROWS);
        firstPackedPanel = inPlace ? full : 0;
        packPanels = count - firstPackedPanel;
        int needed = packPanels * blockK * WIDTH;
        if (packed.length < needed) {
            packed = new float[needed];
        }
        if (inPlace) {
            panels = b;
            panelOffset = bOffset + fromK * ldb + fromN;
            panelStride = WIDTH;
            panelStep = ldb;
        } else {
            panels = packed;
            panelOffset = 0;
            panelStride = blockK * WIDTH;
            panelStep = WIDTH;
        }
        lastPanel = packed;
        lastPanelOffset = (full - firstPackedPanel) * blockK * WIDTH;
        if (packPanels > 0) {
            workers.run(packPanels * Math.ceilDiv(blockK, PACK_ROWS), packTask);
        }
    }

    private void packPart(int task, int worker) {
        int parts = Math.ceilDiv(blockK, PACK_ROWS);
        int index = task / parts;
        int from = task % parts * PACK_ROWS;
        int length = Math.min(PACK_ROWS, blockK - from);
        int column = (firstPackedPanel + index) * WIDTH;
        int columns = Math.min(WIDTH, blockN - column);
        int to = (index * blockK + from) * WIDTH;
        if (bTransposed) {
            int at = bOffset + (fromN + column) * ldb + fromK + from;
            Packing.transposedPanel(length, columns, b, at, ldb, packed, to, WIDTH, transposeScratch[worker]);
        } else {
            int at = bOffset + (fromK + from) * ldb + fromN + column;
            Packing.panel(length, columns, b, at, ldb, packed, to, WIDTH);
        }
    }

    /// Shares the block's tiles out: row blocks first, then panels, until there are tasks enough for the workers.
    private void multiplyBlock() {
        int count = Math.ceilDiv(blockN, WIDTH);
        rowsPerTask = M_BLOCK;
        panelsPerTask = count;
        int wanted = workers.count() == 1 ? 1 : TASKS_PER_WORKER * workers.count();
        int rowTasks = Math.ceilDiv(m, rowsPerTask);
        if (rowTasks < wanted) {
            panelsPerTask = Math.ceilDiv(count, Math.ceilDiv(wanted, rowTasks));
            int reached = rowTasks * Math.ceilDiv(count, panelsPerTask);
            if (reached < wanted) {
                int rowTiles = Math.ceilDiv(m, ROWS);
                rowTasks = Math.min(rowTiles, Math.ceilDiv(wanted, Math.ceilDiv(count, panelsPerTask)));
                rowsPerTask = Math.min(M_BLOCK, Math.ceilDiv(rowTiles, rowTasks) * ROWS);
            }
        }
        panelTasks = Math.ceilDiv(count, panelsPerTask);
        workers.run(Math.ceilDiv(m, rowsPerTask) * panelTasks, tileTask);
    }

    private void multiplyPart(int task, int worker) {
        int fromRow = task / panelTasks * rowsPerTask;
        int toRow = Math.min(m, fromRow + rowsPerTask);
        int fromPanel = task % panelTasks * panelsPerTask;
        int toPanel = Math.min(Math.ceilDiv(blockN, WIDTH), fromPanel + panelsPerTask);
        if (fromK == 0 && initial instanceof Initial.Sum sum) {
            fillSum(sum, fromRow, toRow, fromN + fromPanel * WIDTH, fromN + Math.min(blockN, toPanel * WIDTH));
        }
        if (!aPacked) {
            int at = aOffset + fromRow * aRow + fromK * aStep;
            multiplyRows(fromRow, toRow, fromPanel, toPanel, a, at, aRow * ROWS, aRow, aStep);
            return;
        }
        int rows = toRow - fromRow;
        int needed = Math.ceilDiv(rows, ROWS) * ROWS * blockK + 16;
        float[] tiles = tileScratch[worker];
        if (tiles.length < needed) {
            tiles = new float[needed];
            tileScratch[worker] = tiles;
        }
        Packing.tiles(blockK, rows, ROWS, a, aOffset + fromK * aStep + fromRow, aStep, tiles, 0);
        multiplyRows(fromRow, toRow, fromPanel, toPanel, tiles, 0, ROWS * blockK, 1, ROWS);
    }

    private void multiplyRows(
            int fromRow,
            int toRow,
            int fromPanel,
            int toPanel,
            float[] left,
            int leftOffset,
            int leftTile,
            int leftRow,
            int leftStep) {
        boolean first = fromK == 0;
        float[] start = first ? init : c;
        int startOffset = first ? initOffset : cOffset;
        int startRow = first ? initRow : ldc;
        int startColumn = first ? initColumn : 1;
        for (int panel = fromPanel; panel < toPanel; panel++) {
            int column = fromN + panel * WIDTH;
            int columns = Math.min(WIDTH, blockN - panel * WIDTH);
            int startAt = startOffset + fromRow * startRow + column * startColumn;
            int cAt = cOffset + fromRow * ldc + column;
            int leftAt = leftOffset;
            if (columns == WIDTH) {
                int at = panelOffset + panel * panelStride;
                for (int row = fromRow; row < toRow; row += ROWS) {
                    int rows = Math.min(ROWS, toRow - row);
                    KERNEL.tile(
                            blockK, left, leftAt, leftRow, leftStep, panels, at, panelStep, start, startAt, startRow, c,
                            cAt, ldc, rows);
                    leftAt += leftTile;
                    startAt += ROWS * startRow;
                    cAt += ROWS * ldc;
                }
            } else {
                for (int row = fromRow; row < toRow; row += ROWS) {
                    int rows = Math.min(ROWS, toRow - row);
                    KERNEL.edge(
                            blockK,
                            left,
                            leftAt,
                            leftRow,
                            leftStep,
                            lastPanel,
                            lastPanelOffset,
                            WIDTH,
                            start,
                            startAt,
                            startRow,
                            c,
                            cAt,
                            ldc,
                            rows,
                            columns);
                    leftAt += leftTile;
                    startAt += ROWS * startRow;
                    cAt += ROWS * ldc;
                }
            }
        }
    }

    private void fillSum(Initial.Sum sum, int fromRow, int toRow, int fromColumn, int toColumn) {
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

    /// Refuses a matrix `[rows, columns]` that its array cannot hold.
    static void checkMatrix(String name, int rows, int columns, float[] values, int offset, int stride) {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException(name + " cannot have shape [" + rows + ", " + columns + "]");
        }
        if (rows == 0 || columns == 0) {
            return;
        }
        if (rows > 1 && stride < columns) {
            throw new IllegalArgumentException(
                    name + " has leading dimension " + stride + ", but rows of " + columns + " elements");
        }
        long end = offset + (rows - 1L) * stride + columns;
        if (offset < 0 || end > values.length) {
            throw new IllegalArgumentException(name + " [" + rows + ", " + columns + "] spans elements " + offset
                    + " to " + end + " of an array of " + values.length);
        }
    }
}
