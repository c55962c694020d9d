package dev.daa.compute.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Copies operands of a matrix product into panels: `width` columns of B side by side, one row per p, so that the
/// kernel reads memory in the order in which it lies.
///
/// Transposed operands go through blocks of L × L elements (L = lanes of a vector), transposed by lane shuffles: for
/// each distance d = L/2 … 1, rows that differ in bit d of their number exchange the elements that differ in that bit.
final class Packing {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private static final VectorShuffle<Float> EXCHANGE_8 = exchange(8);
    private static final VectorShuffle<Float> EXCHANGE_4 = exchange(4);
    private static final VectorShuffle<Float> EXCHANGE_2 = exchange(2);
    private static final VectorShuffle<Float> EXCHANGE_1 = exchange(1);

    /// Lanes whose number has the bit set.
    private static final VectorMask<Float> UPPER_8 = VectorMask.fromLong(SPECIES, 0xff00);
    private static final VectorMask<Float> UPPER_4 = VectorMask.fromLong(SPECIES, 0xf0f0);
    private static final VectorMask<Float> UPPER_2 = VectorMask.fromLong(SPECIES, 0xcccc);
    private static final VectorMask<Float> UPPER_1 = VectorMask.fromLong(SPECIES, 0xaaaa);

    private Packing() {}

    /// Floats of scratch memory that [#transpose] needs.
    static int scratchSize() {
        return LANES * LANES;
    }

    /// Packs `columns` ≤ `width` columns of `k` rows of B `[k, n]`; missing columns become zero.
    static void panel(
            int k, int columns, float[] b, int bOffset, int ldb, float[] packed, int packedOffset, int width) {
        if (columns < width) {
            for (int p = 0; p < k; p++) {
                int to = packedOffset + p * width;
                System.arraycopy(b, bOffset + p * ldb, packed, to, columns);
                Arrays.fill(packed, to + columns, to + width, 0f);
            }
            return;
        }
        for (int p = 0; p < k; p++) {
            int from = bOffset + p * ldb;
            int to = packedOffset + p * width;
            for (int j = 0; j < width; j += LANES) {
                FloatVector.fromArray(SPECIES, b, from + j).intoArray(packed, to + j);
            }
        }
    }

    /// Packs `columns` ≤ `width` columns of `k` rows of the transpose of B `[n, k]`; missing columns become zero.
    static void transposedPanel(
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
            for (int j = 0; j < blockColumns; j += LANES) {
                int at = fromOffset + i * fromStride + j;
                transposeBlock(from, at, fromStride, to, toOffset + j * toStride + i, toStride, scratch);
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

    private static void transposeBlock(
            float[] from, int fromOffset, int fromStride, float[] to, int toOffset, int toStride, float[] scratch) {
        switch (LANES) {
            case 16 -> {
                for (int i = 0; i < 4; i++) {
                    exchange8And4(from, fromOffset + i * fromStride, 4 * fromStride, scratch, i * LANES, 4 * LANES);
                }
                exchange2And1(scratch, 0, LANES, to, toOffset, toStride);
            }
            case 8 -> {
                for (int i = 0; i < 4; i++) {
                    exchange4(from, fromOffset + i * fromStride, 4 * fromStride, scratch, i * LANES, 4 * LANES);
                }
                exchange2And1(scratch, 0, LANES, to, toOffset, toStride);
            }
            case 4 -> exchange2And1(from, fromOffset, fromStride, to, toOffset, toStride);
            default -> {
                for (int i = 0; i < LANES; i++) {
                    for (int j = 0; j < LANES; j++) {
                        to[toOffset + j * toStride + i] = from[fromOffset + i * fromStride + j];
                    }
                }
            }
        }
    }

    /// Distances 8 and 4 for rows i, i + 4, i + 8, i + 12.
    private static void exchange8And4(
            float[] from, int fromOffset, int fromStride, float[] to, int toOffset, int toStride) {
        FloatVector r0 = FloatVector.fromArray(SPECIES, from, fromOffset);
        FloatVector r1 = FloatVector.fromArray(SPECIES, from, fromOffset + fromStride);
        FloatVector r2 = FloatVector.fromArray(SPECIES, from, fromOffset + 2 * fromStride);
        FloatVector r3 = FloatVector.fromArray(SPECIES, from, fromOffset + 3 * fromStride);
        FloatVector s0 = r0.blend(r2.rearrange(EXCHANGE_8), UPPER_8);
        FloatVector s2 = r0.rearrange(EXCHANGE_8).blend(r2, UPPER_8);
        FloatVector s1 = r1.blend(r3.rearrange(EXCHANGE_8), UPPER_8);
        FloatVector s3 = r1.rearrange(EXCHANGE_8).blend(r3, UPPER_8);
        s0.blend(s1.rearrange(EXCHANGE_4), UPPER_4).intoArray(to, toOffset);
        s0.rearrange(EXCHANGE_4).blend(s1, UPPER_4).intoArray(to, toOffset + toStride);
        s2.blend(s3.rearrange(EXCHANGE_4), UPPER_4).intoArray(to, toOffset + 2 * toStride);
        s2.rearrange(EXCHANGE_4).blend(s3, UPPER_4).intoArray(to, toOffset + 3 * toStride);
    }

    /// Distance 4 for rows i and i + 4.
    private static void exchange4(
            float[] from, int fromOffset, int fromStride, float[] to, int toOffset, int toStride) {
        FloatVector r0 = FloatVector.fromArray(SPECIES, from, fromOffset);
        FloatVector r1 = FloatVector.fromArray(SPECIES, from, fromOffset + fromStride);
        r0.blend(r1.rearrange(EXCHANGE_4), UPPER_4).intoArray(to, toOffset);
        r0.rearrange(EXCHANGE_4).blend(r1, UPPER_4).intoArray(to, toOffset + toStride);
    }

    /// Distances 2 and 1 for every four neighbouring rows.
    private static void exchange2And1(
            float[] from, int fromOffset, int fromStride, float[] to, int toOffset, int toStride) {
        for (int i = 0; i < LANES; i += 4) {
            int at = fromOffset + i * fromStride;
            FloatVector r0 = FloatVector.fromArray(SPECIES, from, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, from, at + fromStride);
            FloatVector r2 = FloatVector.fromArray(SPECIES, from, at + 2 * fromStride);
            FloatVector r3 = FloatVector.fromArray(SPECIES, from, at + 3 * fromStride);
            FloatVector s0 = r0.blend(r2.rearrange(EXCHANGE_2), UPPER_2);
            FloatVector s2 = r0.rearrange(EXCHANGE_2).blend(r2, UPPER_2);
            FloatVector s1 = r1.blend(r3.rearrange(EXCHANGE_2), UPPER_2);
            FloatVector s3 = r1.rearrange(EXCHANGE_2).blend(r3, UPPER_2);
            int into = toOffset + i * toStride;
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
