package dev.daa.compute.cpu.product;

import dev.daa.compute.cpu.parallel.Workers;

/// The right-hand operand of a matrix product, B `[k, n]`, laid out once in the order in which the kernel reads it:
/// panels of as many columns as the kernel is wide, the last one filled up with zeros.
///
/// For weights that meet many small left-hand sides, as in decoding. Multiply with [Gemm#packed]; the bits are those
/// of the unpacked product. After the weights have changed, [#pack] or [#packTransposed] again.
public final class PackedMatrix {
    private static final int WIDTH = PanelTiles.WIDTH;

    private final int k;
    private final int n;
    private final float[] values;

    /// Room for B `[k, n]`.
    public PackedMatrix(int k, int n) {
        if (k < 0 || n < 0) {
            throw new IllegalArgumentException("a packed matrix cannot have shape [" + k + ", " + n + "]");
        }
        this.k = k;
        this.n = n;
        this.values = new float[Math.toIntExact(size(k, n))];
    }

    /// Values that B `[k, n]` takes.
    public static long size(int k, int n) {
        return Packing.ALIGNED + (long) k * WIDTH * Math.ceilDiv(n, WIDTH);
    }

    /// Rows of B: the length of the sums.
    public int k() {
        return k;
    }

    /// Columns of B and of the product.
    public int n() {
        return n;
    }

    /// Takes B from rows `[k, n]` that lie `stride` apart.
    public void pack(Workers workers, float[] b, int offset, int stride) {
        Gemm.checkMatrix("B", k, n, b, offset, stride);
        workers.run(
                Math.ceilDiv(n, WIDTH),
                (panel, worker) -> Packing.panel(
                        k, Math.min(WIDTH, n - panel * WIDTH), b, offset + panel * WIDTH, stride, values, at(panel)));
    }

    /// Takes B from its transpose, rows `[n, k]` that lie `stride` apart, as the weights `[out, in]` of a linear
    /// layer.
    public void packTransposed(Workers workers, float[] b, int offset, int stride) {
        Gemm.checkMatrix("transposed B", n, k, b, offset, stride);
        float[][] scratch = new float[workers.count()][Packing.scratchSize()];
        workers.run(
                Math.ceilDiv(n, WIDTH),
                (panel, worker) -> Packing.transposedPanel(
                        k,
                        Math.min(WIDTH, n - panel * WIDTH),
                        b,
                        offset + panel * WIDTH * stride,
                        stride,
                        values,
                        at(panel),
                        WIDTH,
                        scratch[worker]));
    }

    float[] values() {
        return values;
    }

    /// Where the panel of the columns `panel·width …` begins; the next one begins `k·width` later.
    int at(int panel) {
        return Packing.ALIGNED + panel * k * WIDTH;
    }
}
