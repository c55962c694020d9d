package dev.daa.compute.cpu.product;

import dev.daa.compute.cpu.parallel.Workers;

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
/// **Threads.** A product is shared out over the pool's workers, so a task of the pool must not ask for one. An object
/// serves one call at a time. Scratch memory grows to what the largest product needs and is then reused, so that a call
/// allocates nothing.
public final class Gemm {
    private static final float[] ZEROS = new float[PanelTiles.WIDTH];

    private final BlockedProduct product;

    /// A matrix product on the workers of `workers`.
    public Gemm(Workers workers) {
        product = new BlockedProduct(workers);
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
        start(m, n, c, cOffset, ldc, initial);
        product.left(a, aOffset, lda, 1);
        product.multiply(m, n, k, b, bOffset, ldb, false);
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
        start(m, n, c, cOffset, ldc, initial);
        product.left(a, aOffset, lda, 1);
        product.multiply(m, n, k, b, bOffset, ldb, true);
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
        start(m, n, c, cOffset, ldc, initial);
        product.left(a, aOffset, 1, lda);
        product.multiply(m, n, k, b, bOffset, ldb, false);
    }

    /// C = initial + A·B with `n` and `k` of the packed B.
    public void packed(
            int m, float[] a, int aOffset, int lda, PackedMatrix b, float[] c, int cOffset, int ldc, Initial initial) {
        checkMatrix("A", m, b.k(), a, aOffset, lda);
        start(m, b.n(), c, cOffset, ldc, initial);
        product.left(a, aOffset, lda, 1);
        product.multiply(m, b);
    }

    private void start(int m, int n, float[] c, int cOffset, int ldc, Initial initial) {
        checkMatrix("C", m, n, c, cOffset, ldc);
        product.result(c, cOffset, ldc);
        switch (initial) {
            case Initial.Zero() -> product.start(ZEROS, 0, 0, 0);
            case Initial.Accumulate() -> product.start(c, cOffset, ldc, 1);
            case Initial.Row(float[] values, int offset) -> {
                checkMatrix("initial row", 1, n, values, offset, n);
                product.start(values, offset, 0, 1);
            }
            case Initial.Matrix(float[] values, int offset, int stride) -> {
                checkMatrix("initial matrix", m, n, values, offset, stride);
                product.start(values, offset, stride, 1);
            }
            case Initial.Sum sum -> {
                Initial.Matrix matrix = sum.matrix();
                Initial.Row row = sum.row();
                checkMatrix("initial matrix", m, n, matrix.values(), matrix.offset(), matrix.stride());
                checkMatrix("initial row", 1, n, row.values(), row.offset(), n);
                product.startAtSum(sum);
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
