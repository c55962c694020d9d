package dev.daa.compute.cpu.product;

/// The initial value of C in `C = initial + A·B`, added before the first product, so that a bias or a residual costs
/// no pass of its own.
///
/// Make these once and reuse them: a call of [Gemm] then allocates nothing.
public sealed interface Initial {
    /// C = A·B.
    Initial ZERO = new Zero();

    /// C += A·B.
    Initial ACCUMULATE = new Accumulate();

    /// Nothing: C = A·B.
    record Zero() implements Initial {}

    /// What C holds: C += A·B.
    record Accumulate() implements Initial {}

    /// The same row for each row of C, as a bias `[n]` that starts at `offset`.
    record Row(float[] values, int offset) implements Initial {}

    /// A matrix `[m, n]` that starts at `offset` and whose rows lie `stride` apart, as a residual. It may be C
    /// itself; it must not overlap C otherwise.
    record Matrix(float[] values, int offset, int stride) implements Initial {}

    /// `matrix[i, j] + row[j]`, as a residual and a bias.
    record Sum(Matrix matrix, Row row) implements Initial {}

    /// The bias `[n]` at `offset` of `values`.
    static Initial row(float[] values, int offset) {
        return new Row(values, offset);
    }

    /// The residual `[m, n]` at `offset` of `values`.
    static Initial matrix(float[] values, int offset, int stride) {
        return new Matrix(values, offset, stride);
    }

    /// Residual plus bias.
    static Initial sum(float[] matrix, int matrixOffset, int stride, float[] row, int rowOffset) {
        return new Sum(new Matrix(matrix, matrixOffset, stride), new Row(row, rowOffset));
    }
}
