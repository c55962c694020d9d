package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Attention of decoding. A row of the cache holds the keys and then the values of one token.
public final class CachedAttentionKernel {
    private CachedAttentionKernel() {}

    /// Writes keys and values of all rows into the cache; a lane is one of their values.
    public static void write(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray cache,
            int cacheWrite,
            int queryWidth,
            int cachedWidth) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * cachedWidth) {
            int row = lane / cachedWidth;
            int column = lane - row * cachedWidth;
            cache.set(
                    tables.get(cacheWrite + row) * cachedWidth + column,
                    qkv.get(row * (queryWidth + cachedWidth) + queryWidth + column));
        }
    }

    /// Work-items of a group, and keys that it looks at together.
    public static final int TILE = 64;

    /// Columns of a head that a work-item sums, for heads of up to 256.
    private static final int COLUMNS = 4;

    private static final float UNSEEN = -1e30f;

    /// A group takes one head of one row: each work-item scores a key of a tile, then sums some columns of the
    /// tile's values.
    public static void attend(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray cache,
            FloatArray out,
            int cacheWrite,
            int prefixStart,
            int prefixLength,
            int ownStart,
            int heads,
            int keyHeads,
            int size) {
        int row = context.groupIdx;
        int head = context.groupIdy;
        int lane = context.localIdx;
        float[] query = context.allocateFloatLocalArray(size);
        float[] p = context.allocateFloatLocalArray(TILE);
        float[] sums = new float[COLUMNS];
        int key = head / (heads / keyHeads) * size;
        int width = 2 * keyHeads * size;
        int before = 0;
        int first = 0;
        int own = 0;
        int seen = 0;
        if (row < tables.get(Tables.ROWS)) {
            before = tables.get(prefixLength + row);
            first = tables.get(prefixStart + row);
            own = tables.get(ownStart + row);
            seen = before + tables.get(cacheWrite + row) - own + 1;
            for (int d = lane; d < size; d += TILE) {
                query[d] = qkv.get((row * (heads + 2 * keyHeads) + head) * size + d) / TornadoMath.sqrt(size);
            }
        }
        for (int c = 0; c < COLUMNS; c++) {
            sums[c] = 0;
        }
        float maximum = UNSEEN;
        float mass = 0;
        for (int from = 0; from < seen; from += TILE) {
            context.localBarrier();
            float score = UNSEEN;
            if (from + lane < seen) {
                score = 0;
                int at = source(from + lane, before, first, own) * width + key;
                for (int d = 0; d < size; d++) {
                    score += query[d] * cache.get(at + d);
                }
            }
            p[lane] = score;
            context.localBarrier();
            float largest = maximum;
            for (int j = 0; j < TILE; j++) {
                largest = TornadoMath.max(largest, p[j]);
            }
            context.localBarrier();
            p[lane] = TornadoMath.exp(score - largest);
            context.localBarrier();
            float factor = TornadoMath.exp(maximum - largest);
            maximum = largest;
            mass = mass * factor;
            for (int c = 0; c < COLUMNS; c++) {
                sums[c] = sums[c] * factor;
            }
            int keys = TornadoMath.min(TILE, seen - from);
            for (int j = 0; j < keys; j++) {
                mass += p[j];
                int at = source(from + j, before, first, own) * width + key + keyHeads * size;
                for (int c = 0; c < COLUMNS; c++) {
                    if (lane + c * TILE < size) {
                        sums[c] += p[j] * cache.get(at + lane + c * TILE);
                    }
                }
            }
        }
        if (seen > 0) {
            for (int c = 0; c < COLUMNS; c++) {
                if (lane + c * TILE < size) {
                    out.set((row * heads + head) * size + lane + c * TILE, sums[c] / mass);
                }
            }
        }
    }

    /// Row of the cache that holds the `i`-th key which a row sees.
    static int source(int i, int before, int first, int own) {
        int source = own + i - before;
        if (i < before) {
            source = first + i;
        }
        return source;
    }
}
