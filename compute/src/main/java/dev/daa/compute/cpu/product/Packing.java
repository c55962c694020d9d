package dev.daa.compute.cpu.product;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Copies operands of a matrix product into panels: `width` columns of B side by side, one row per p, so that the
/// kernel reads memory in the order in which it lies; and the columns of a transposed A in the same way.
///
/// A transposed B goes through blocks of L × L elements (L = lanes of a vector), transposed by lane shuffles: for
/// each distance d = L/2 … 1, rows that differ in bit d of their number exchange the elements that differ in that bit.
public final class Packing {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    /// Rows of a group of A's columns that a vector reaches into beyond its own.
    private static final int OVERRUN = Math.ceilDiv(Math.max(0, LANES - PanelTiles.ROWS), PanelTiles.ROWS);

    /// Blocks that are transposed together.
    private static final int STRIP_BLOCKS = 8;

    private static final VectorShuffle<Float> EXCHANGE_8 = exchange(8);
    private static final VectorShuffle<Float> EXCHANGE_4 = exchange(4);
    private static final VectorShuffle<Float> EXCHANGE_2 = exchange(2);
    private static final VectorShuffle<Float> EXCHANGE_1 = exchange(1);

    /// Lanes whose number has the bit set.
    private static final VectorMask<Float> UPPER_8 = VectorMask.fromLong(SPECIES, 0xff00);
    private static final VectorMask<Float> UPPER_4 = VectorMask.fromLong(SPECIES, 0xf0f0);
    private static final VectorMask<Float> UPPER_2 = VectorMask.fromLong(SPECIES, 0xcccc);
    private static final VectorMask<Float> UPPER_1 = VectorMask.fromLong(SPECIES, 0xaaaa);

    /// Where packed operands begin in their arrays: so many floats behind an array's head of 16 bytes, a cache line
    /// begins where the JVM lays objects at the beginnings of lines (`-XX:ObjectAlignmentInBytes=64`, which `daa`
    /// sets). A vector of 64 bytes that lies across two lines takes two accesses.
    public static final int ALIGNED = 12;

    private Packing() {}

    static float[] atLeast(float[] scratch, int size) {
        return scratch.length < size ? new float[size] : scratch;
    }

    /// Floats of scratch memory that [#transpose] needs.
    public static int scratchSize() {
        return STRIP_BLOCKS * LANES * LANES;
    }

    /// Packs `columns` columns of `k` rows of A `[k, m]` in groups of [PanelTiles#ROWS], one row per p, so that a
    /// tile finds its factors next to each other; groups begin `stride` apart. Places of missing columns are not
    /// written.
    static void groups(
            int k, int columns, float[] a, int aOffset, int lda, float[] packed, int packedOffset, int stride) {
        // Two overlapping vectors must cover a group. What one vector writes too much, the next rows write over; the
        // last rows have none, and what comes behind them in A may be the end of the array.
        boolean byVectors = 2 * LANES >= PanelTiles.ROWS;
        int whole = byVectors ? columns / PanelTiles.ROWS : 0;
        int safe = byVectors ? Math.max(0, k - OVERRUN) : 0;
        for (int p = 0; p < safe; p++) {
            int from = aOffset + p * lda;
            int to = packedOffset + p * PanelTiles.ROWS;
            for (int group = 0; group < whole; group++) {
                int at = from + group * PanelTiles.ROWS;
                int into = to + group * stride;
                FloatVector.fromArray(SPECIES, a, at).intoArray(packed, into);
                if (LANES < PanelTiles.ROWS) {
                    int rest = PanelTiles.ROWS - LANES;
                    FloatVector.fromArray(SPECIES, a, at + rest).intoArray(packed, into + rest);
                }
            }
        }
        for (int i = 0; i < columns; i++) {
            int to = packedOffset + i / PanelTiles.ROWS * stride + i % PanelTiles.ROWS;
            for (int p = i < whole * PanelTiles.ROWS ? safe : 0; p < k; p++) {
                packed[to + p * PanelTiles.ROWS] = a[aOffset + p * lda + i];
            }
        }
    }

    /// Packs `columns` ≤ [PanelTiles#WIDTH] columns of `k` rows of B `[k, n]`; missing columns become zero.
    static void panel(int k, int columns, float[] b, int bOffset, int ldb, float[] packed, int packedOffset) {
        if (columns < PanelTiles.WIDTH) {
            for (int p = 0; p < k; p++) {
                int to = packedOffset + p * PanelTiles.WIDTH;
                System.arraycopy(b, bOffset + p * ldb, packed, to, columns);
                Arrays.fill(packed, to + columns, to + PanelTiles.WIDTH, 0f);
            }
            return;
        }
        for (int p = 0; p < k; p++) {
            int from = bOffset + p * ldb;
            int to = packedOffset + p * PanelTiles.WIDTH;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, from);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, from + LANES);
            b0.intoArray(packed, to);
            b1.intoArray(packed, to + LANES);
            if (PanelTiles.WIDTH == 4 * LANES) {
                FloatVector b2 = FloatVector.fromArray(SPECIES, b, from + 2 * LANES);
                FloatVector b3 = FloatVector.fromArray(SPECIES, b, from + 3 * LANES);
                b2.intoArray(packed, to + 2 * LANES);
                b3.intoArray(packed, to + 3 * LANES);
            }
        }
    }

    /// Packs `columns` ≤ `width` columns of `k` rows of the transpose of B `[n, k]`; missing columns become zero.
    public static void transposedPanel(
            int k,
            int columns,
            float[] b,
            int bOffset,
            int ldb,
            float[] packed,
            int packedOffset,
            int width,
            float[] scratch) {
        transpose(columns, k, b, bOffset, ldb, packed, packedOffset, width, scratch);
        if (columns < width) {
            for (int p = 0; p < k; p++) {
                int to = packedOffset + p * width;
                Arrays.fill(packed, to + columns, to + width, 0f);
            }
        }
    }

    /// `to[j, i] = from[i, j]` for i < rows, j < columns.
    static void transpose(
            int rows,
            int columns,
            float[] from,
            int fromOffset,
            int fromStride,
            float[] to,
            int toOffset,
            int toStride,
            float[] scratch) {
        int blockRows = rows - rows % LANES;
        int blockColumns = columns - columns % LANES;
        for (int i = 0; i < blockRows; i += LANES) {
            for (int j = 0; j < blockColumns; j += STRIP_BLOCKS * LANES) {
                int blocks = Math.min(STRIP_BLOCKS, (blockColumns - j) / LANES);
                int at = fromOffset + i * fromStride + j;
                transposeStrip(blocks, from, at, fromStride, to, toOffset + j * toStride + i, toStride, scratch);
            }
        }
        if (blockColumns < columns) {
            transposePlainly(0, blockRows, blockColumns, columns, from, fromOffset, fromStride, to, toOffset, toStride);
        }
        if (blockRows < rows) {
            transposePlainly(blockRows, rows, 0, columns, from, fromOffset, fromStride, to, toOffset, toStride);
        }
    }

    private static void transposePlainly(
            int fromRow,
            int toRow,
            int fromColumn,
            int toColumn,
            float[] from,
            int fromOffset,
            int fromStride,
            float[] to,
            int toOffset,
            int toStride) {
        for (int i = fromRow; i < toRow; i++) {
            for (int j = fromColumn; j < toColumn; j++) {
                to[toOffset + j * toStride + i] = from[fromOffset + i * fromStride + j];
            }
        }
    }

    /// Transposes `blocks` neighbouring blocks of L rows: in two passes over scratch memory, each a loop over all
    /// blocks in which the compiler keeps the shuffles in registers.
    private static void transposeStrip(
            int blocks,
            float[] from,
            int fromOffset,
            int fromStride,
            float[] to,
            int toOffset,
            int toStride,
            float[] scratch) {
        switch (LANES) {
            case 16 -> {
                exchange8And4(blocks, from, fromOffset, fromStride, scratch);
                exchange2And1(blocks, LANES * LANES, LANES, scratch, 0, to, toOffset, toStride);
            }
            case 8 -> {
                exchange4(blocks, from, fromOffset, fromStride, scratch);
                exchange2And1(blocks, LANES * LANES, LANES, scratch, 0, to, toOffset, toStride);
            }
            case 4 -> exchange2And1(blocks, LANES, fromStride, from, fromOffset, to, toOffset, toStride);
            default ->
                transposePlainly(0, LANES, 0, blocks * LANES, from, fromOffset, fromStride, to, toOffset, toStride);
        }
    }

    /// Distances 8 and 4: rows i, i + 4, i + 8 and i + 12 of each block, into blocks of scratch memory.
    private static void exchange8And4(int blocks, float[] from, int fromOffset, int fromStride, float[] to) {
        for (int part = 0; part < 4 * blocks; part++) {
            int block = part >> 2;
            int i = part & 3;
            int at = fromOffset + block * LANES + i * fromStride;
            FloatVector r0 = FloatVector.fromArray(SPECIES, from, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, from, at + 4 * fromStride);
            FloatVector r2 = FloatVector.fromArray(SPECIES, from, at + 8 * fromStride);
            FloatVector r3 = FloatVector.fromArray(SPECIES, from, at + 12 * fromStride);
            FloatVector s0 = r0.blend(r2.rearrange(EXCHANGE_8), UPPER_8);
            FloatVector s2 = r0.rearrange(EXCHANGE_8).blend(r2, UPPER_8);
            FloatVector s1 = r1.blend(r3.rearrange(EXCHANGE_8), UPPER_8);
            FloatVector s3 = r1.rearrange(EXCHANGE_8).blend(r3, UPPER_8);
            int into = (block * LANES + i) * LANES;
            s0.blend(s1.rearrange(EXCHANGE_4), UPPER_4).intoArray(to, into);
            s0.rearrange(EXCHANGE_4).blend(s1, UPPER_4).intoArray(to, into + 4 * LANES);
            s2.blend(s3.rearrange(EXCHANGE_4), UPPER_4).intoArray(to, into + 8 * LANES);
            s2.rearrange(EXCHANGE_4).blend(s3, UPPER_4).intoArray(to, into + 12 * LANES);
        }
    }

    /// Distance 4: rows i and i + 4 of each block, into blocks of scratch memory.
    private static void exchange4(int blocks, float[] from, int fromOffset, int fromStride, float[] to) {
        for (int part = 0; part < 4 * blocks; part++) {
            int block = part >> 2;
            int i = part & 3;
            int at = fromOffset + block * LANES + i * fromStride;
            FloatVector r0 = FloatVector.fromArray(SPECIES, from, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, from, at + 4 * fromStride);
            int into = (block * LANES + i) * LANES;
            r0.blend(r1.rearrange(EXCHANGE_4), UPPER_4).intoArray(to, into);
            r0.rearrange(EXCHANGE_4).blend(r1, UPPER_4).intoArray(to, into + 4 * LANES);
        }
    }

    /// Distances 2 and 1: every four neighbouring rows of each block. Blocks lie `fromBlock` apart, their rows
    /// `fromStride`.
    private static void exchange2And1(
            int blocks,
            int fromBlock,
            int fromStride,
            float[] from,
            int fromOffset,
            float[] to,
            int toOffset,
            int toStride) {
        for (int row = 0; row < blocks * LANES; row += 4) {
            int block = row / LANES;
            int i = row % LANES;
            int at = fromOffset + block * fromBlock + i * fromStride;
            FloatVector r0 = FloatVector.fromArray(SPECIES, from, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, from, at + fromStride);
            FloatVector r2 = FloatVector.fromArray(SPECIES, from, at + 2 * fromStride);
            FloatVector r3 = FloatVector.fromArray(SPECIES, from, at + 3 * fromStride);
            FloatVector s0 = r0.blend(r2.rearrange(EXCHANGE_2), UPPER_2);
            FloatVector s2 = r0.rearrange(EXCHANGE_2).blend(r2, UPPER_2);
            FloatVector s1 = r1.blend(r3.rearrange(EXCHANGE_2), UPPER_2);
            FloatVector s3 = r1.rearrange(EXCHANGE_2).blend(r3, UPPER_2);
            int into = toOffset + row * toStride;
            s0.blend(s1.rearrange(EXCHANGE_1), UPPER_1).intoArray(to, into);
            s0.rearrange(EXCHANGE_1).blend(s1, UPPER_1).intoArray(to, into + toStride);
            s2.blend(s3.rearrange(EXCHANGE_1), UPPER_1).intoArray(to, into + 2 * toStride);
            s2.rearrange(EXCHANGE_1).blend(s3, UPPER_1).intoArray(to, into + 3 * toStride);
        }
    }

    private static VectorShuffle<Float> exchange(int distance) {
        return VectorShuffle.fromOp(SPECIES, lane -> (lane ^ distance) % LANES);
    }
}
