package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Attention of decoding. A row of the cache holds the keys and then the values of one token.
final class CachedAttentionKernel {
    private CachedAttentionKernel() {}

    /// Writes keys and values of all rows into the cache; a lane is one of their values.
    static void write(
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

    /// A lane is one head of one row.
    static void attend(
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
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * heads) {
            attendLane(
                    lane,
                    tables,
                    qkv,
                    cache,
                    out,
                    cacheWrite,
                    prefixStart,
                    prefixLength,
                    ownStart,
                    heads,
                    keyHeads,
                    size);
        }
    }

    static void attendLane(
            int lane,
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
        int row = lane / heads;
        int head = lane - row * heads;
        int query = row * (heads + 2 * keyHeads) * size + head * size;
        int key = head / (heads / keyHeads) * size;
        int width = 2 * keyHeads * size;
        int before = tables.get(prefixLength + row);
        int first = tables.get(prefixStart + row);
        int own = tables.get(ownStart + row);
        int seen = before + tables.get(cacheWrite + row) - own + 1;
        float scale = 1 / TornadoMath.sqrt(size);
        float maximum = -1e30f;
        float sum = 0;
        float[] attended = new float[size];
        for (int d = 0; d < size; d++) {
            attended[d] = 0;
        }
        for (int i = 0; i < seen; i++) {
            int source = own + i - before;
            if (i < before) {
                source = first + i;
            }
            int at = source * width + key;
            float score = 0;
            for (int d = 0; d < size; d++) {
                score += qkv.get(query + d) * cache.get(at + d);
            }
            score = score * scale;
            if (score > maximum) {
                float factor = TornadoMath.exp(maximum - score);
                sum = sum * factor;
                for (int d = 0; d < size; d++) {
                    attended[d] = attended[d] * factor;
                }
                maximum = score;
            }
            float p = TornadoMath.exp(score - maximum);
            sum += p;
            int value = at + keyHeads * size;
            for (int d = 0; d < size; d++) {
                attended[d] += p * cache.get(value + d);
            }
        }
        for (int d = 0; d < size; d++) {
            out.set(lane * size + d, attended[d] / sum);
        }
    }
}
