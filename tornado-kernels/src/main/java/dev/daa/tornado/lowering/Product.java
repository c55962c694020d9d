package dev.daa.tornado.lowering;

import dev.daa.compute.MatmulPrecision;
import dev.daa.tornado.kernel.ProductKernel;
import dev.daa.tornado.kernel.RoundingKernel;
import dev.daa.tornado.kernel.WideProductKernel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// A matrix product to be launched: the one place that decides which code computes it. On CUDA it is cuBLAS, whose
/// sizes are fixed when the graph is built, so that it always computes the most rows; elsewhere a kernel of our own.
final class Product {
    /// Fewer wide tiles than this leave most of a large GPU idle.
    private static final int LEAST_WIDE_TILES = 64;

    private final String name;
    private final IntArray counts;
    private final FloatArray a;
    private final FloatArray b;
    private final FloatArray c;
    private @Nullable FloatArray bias;
    private @Nullable FloatArray residual;
    private int mostRows;
    private int rows;
    private int columns;
    private int mostDepth;
    private int depth;
    private int aRow;
    private int aInner;
    private int bInner;
    private int bColumn;
    private int cRow;
    private boolean accumulate;
    private boolean hasRoundedA;

    /// @param counts where dimensions that the batch decides are found
    Product(String name, IntArray counts, FloatArray a, FloatArray b, FloatArray c) {
        this.name = name;
        this.counts = counts;
        this.a = a;
        this.b = b;
        this.c = c;
    }

    Product rows(int count) {
        mostRows = count;
        rows = count;
        return this;
    }

    /// At most `most` rows, as many as `counts` says at `place`.
    Product rows(int most, int place) {
        mostRows = most;
        rows = ProductKernel.dynamic(place);
        return this;
    }

    Product columns(int count) {
        columns = count;
        cRow = count;
        return this;
    }

    Product depth(int count) {
        mostDepth = count;
        depth = count;
        return this;
    }

    /// At most `most` inner values, as many as `counts` says at `place`; where all are taken, those behind the
    /// count must be 0 in one factor and finite in the other.
    Product depth(int most, int place) {
        mostDepth = most;
        depth = ProductKernel.dynamic(place);
        return this;
    }

    /// Distance of A's rows, and of its inner values.
    Product a(int row, int inner) {
        aRow = row;
        aInner = inner;
        return this;
    }

    /// Distance of B's inner values, and of its columns.
    Product b(int inner, int column) {
        bInner = inner;
        bColumn = column;
        return this;
    }

    /// Distance of C's rows, where it is not the number of columns.
    Product c(int row) {
        cRow = row;
        return this;
    }

    Product bias(FloatArray values) {
        bias = values;
        return this;
    }

    Product residual(FloatArray values) {
        residual = values;
        return this;
    }

    Product accumulate(boolean value) {
        accumulate = value;
        return this;
    }

    /// Says that the product right before this one had the same A, perhaps transposed.
    Product sameA() {
        hasRoundedA = true;
        return this;
    }

    List<Launch> launches(Buffers buffers) {
        if (buffers.traits().cuda() && buffers.traits().precision() == MatmulPrecision.BF16) {
            return rounded(buffers);
        }
        if (buffers.traits().cuda()) {
            List<Launch> launches = new ArrayList<>();
            launches.add(Cublas.product(
                    name,
                    buffers.traits().precision(),
                    a,
                    b,
                    c,
                    mostRows,
                    columns,
                    mostDepth,
                    aRow,
                    aInner,
                    bInner,
                    bColumn,
                    cRow,
                    accumulate));
            if (bias != null || residual != null) {
                launches.add(Launch.of(
                        name + "Finish",
                        Grid.lanes((long) mostRows * columns),
                        ProductKernel::finish,
                        buffers.context(),
                        counts,
                        bias == null ? buffers.none() : bias,
                        residual == null ? buffers.noneEither() : residual,
                        c,
                        rows,
                        columns,
                        cRow,
                        flags()));
            }
            return launches;
        }
        boolean wide = buffers.traits().gpu() && tiles(WideProductKernel.TILE) >= LEAST_WIDE_TILES;
        return List.of(Launch.of(
                name,
                Grid.tiles(mostRows, columns, wide ? WideProductKernel.TILE : ProductKernel.TILE, ProductKernel.GROUP),
                wide ? WideProductKernel::product : ProductKernel::product,
                buffers.context(),
                counts,
                a,
                b,
                bias == null ? buffers.none() : bias,
                residual == null ? buffers.noneEither() : residual,
                c,
                rows,
                columns,
                depth,
                aInner == 1 ? aRow : aInner,
                bColumn == 1 ? bInner : bColumn,
                cRow,
                flags()));
    }

    private long tiles(int side) {
        return (long) Math.ceilDiv(mostRows, side) * Math.ceilDiv(columns, side);
    }

    private List<Launch> rounded(Buffers buffers) {
        int placesOfA = places(a, mostRows, aRow, mostDepth, aInner);
        int placesOfB = places(b, mostDepth, bInner, columns, bColumn);
        BFloat16Array roundedA = buffers.rounded(Buffers.Role.A, placesOfA);
        BFloat16Array roundedB = buffers.rounded(Buffers.Role.B, placesOfB);
        BFloat16Array product = buffers.rounded(Buffers.Role.C, mostRows * columns);
        List<Launch> launches = new ArrayList<>();
        if (!hasRoundedA) {
            launches.add(round(buffers, a, roundedA, placesOfA));
        }
        launches.add(round(buffers, b, roundedB, placesOfB));
        launches.add(Cublas.product(
                name,
                MatmulPrecision.BF16,
                roundedA,
                roundedB,
                product,
                mostRows,
                columns,
                mostDepth,
                aRow,
                aInner,
                bInner,
                bColumn,
                columns,
                false));
        launches.add(Launch.of(
                name + "Finish",
                Grid.lanes((long) mostRows * columns),
                RoundingKernel::finish,
                buffers.context(),
                product,
                bias == null ? buffers.none() : bias,
                residual == null ? buffers.noneEither() : residual,
                c,
                mostRows,
                columns,
                cRow,
                flags()));
        return launches;
    }

    /// Values of a matrix in whole rows, or columns, as far as the array goes: products that read the same matrix
    /// as it is and transposed then take as many, and share one array for its rounded values.
    static int places(FloatArray matrix, int rows, int row, int columns, int column) {
        long whole = Math.max((long) rows * row, (long) columns * column);
        return (int) Math.min(whole, matrix.getSize());
    }

    private Launch round(Buffers buffers, FloatArray from, BFloat16Array to, int count) {
        return Launch.of(name + "Round", Grid.lanes(count), RoundingKernel::narrow, buffers.context(), from, to, count);
    }

    private int flags() {
        return (accumulate ? ProductKernel.ACCUMULATE : 0)
                + (aInner == 1 ? 0 : ProductKernel.A_TRANSPOSED)
                + (bColumn == 1 ? 0 : ProductKernel.B_TRANSPOSED)
                + (bias == null ? 0 : ProductKernel.BIAS)
                + (residual == null ? 0 : ProductKernel.RESIDUAL);
    }
}
