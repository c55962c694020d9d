package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Causal softmax attention over segments and their shared prefixes, tile by tile with a running maximum (Dao et al.
/// 2205.14135, algorithms 1 and 4). A group takes one head of one tile of rows, see [AttentionTiles]; a work-item has 4
/// rows of the tile, 4 keys of each tile of keys, and every so-manieth column of their sums. Matrices in local memory
/// have rows of `columns·across` values, those behind the head's size 0, and one more against bank conflicts.
///
/// Letters: `across` work-items lie side by side in a group of `across²`; `x`, `y` is the place of one.
final class AttentionKernel {
    /// Rows and keys of a tile that a work-item takes.
    static final int EACH = 4;

    private static final float UNSEEN = -1e30f;

    private AttentionKernel() {}

    /// `out = softmax(q·kᵀ/√size)·v` and `logSumExp` of the scaled scores, for each row and head.
    static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            int tiles,
            int tile,
            int heads,
            int keyHeads,
            int size) {
        int across = tile / EACH;
        int group = across * across;
        int columns = (size + across - 1) / across;
        int padded = columns * across;
        int stride = padded + 1;
        float[] q = context.allocateFloatLocalArray(tile * stride);
        float[] k = context.allocateFloatLocalArray(tile * stride);
        float[] p = context.allocateFloatLocalArray(tile * (tile + 1));
        float[] next = new float[EACH * columns];
        float[] scores = new float[EACH * EACH];
        float[] sums = new float[EACH * columns];
        float[] maximum = new float[EACH];
        float[] mass = new float[EACH];
        int lane = context.localIdx;
        int head = context.groupIdy;
        int x = lane % across;
        int y = lane / across;
        int width = (heads + 2 * keyHeads) * size;
        int key = (heads + head / (heads / keyHeads)) * size;
        int record = AttentionTiles.record(tiles, context.groupIdx);
        int first = tables.get(record + AttentionTiles.FIRST_ROW);
        int rows = 0;
        int seen = 0;
        int before = 0;
        int prefixStart = 0;
        int ownStart = 0;
        if (context.groupIdx < tables.get(tiles)) {
            rows = tables.get(record + AttentionTiles.ROWS);
            seen = tables.get(record + AttentionTiles.SEEN);
            before = tables.get(record + AttentionTiles.PREFIX_LENGTH);
            prefixStart = tables.get(record + AttentionTiles.PREFIX_START);
            ownStart = tables.get(record + AttentionTiles.OWN_START) - before;
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            next[i] = value(
                    qkv,
                    place / padded,
                    place % padded,
                    first * width + head * size,
                    width,
                    rows,
                    size,
                    1 / TornadoMath.sqrt(size));
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            q[place + place / padded] = next[i];
        }
        for (int i = 0; i < EACH * columns; i++) {
            sums[i] = 0;
        }
        for (int r = 0; r < EACH; r++) {
            maximum[r] = UNSEEN;
            mass[r] = 0;
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            next[i] = seenValue(
                    qkv, 0 + place / padded, place % padded, seen, before, prefixStart, ownStart, width, key, size);
        }
        for (int from = 0; from < seen; from += tile) {
            context.localBarrier();
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                k[place + place / padded] = next[i];
            }
            context.localBarrier();
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                next[i] = seenValue(
                        qkv,
                        from + place / padded,
                        place % padded,
                        seen,
                        before,
                        prefixStart,
                        ownStart,
                        width,
                        key + keyHeads * size,
                        size);
            }
            for (int i = 0; i < EACH * EACH; i++) {
                scores[i] = 0;
            }
            for (int c = 0; c < padded; c++) {
                for (int r = 0; r < EACH; r++) {
                    float factor = q[(y * EACH + r) * stride + c];
                    for (int s = 0; s < EACH; s++) {
                        scores[r * EACH + s] += factor * k[(x + s * across) * stride + c];
                    }
                }
            }
            for (int r = 0; r < EACH; r++) {
                float largest = UNSEEN;
                for (int s = 0; s < EACH; s++) {
                    // Row r of the tile sees as many keys less than the last row as it lies before it.
                    if (from + x + s * across > seen - rows + y * EACH + r) {
                        scores[r * EACH + s] = UNSEEN;
                    }
                    largest = TornadoMath.max(largest, scores[r * EACH + s]);
                }
                p[(y * EACH + r) * (tile + 1) + x] = largest;
            }
            context.localBarrier();
            for (int r = 0; r < EACH; r++) {
                float largest = maximum[r];
                for (int i = 0; i < across; i++) {
                    largest = TornadoMath.max(largest, p[(y * EACH + r) * (tile + 1) + i]);
                }
                float factor = TornadoMath.exp(maximum[r] - largest);
                maximum[r] = largest;
                mass[r] = mass[r] * factor;
                for (int c = 0; c < columns; c++) {
                    sums[r * columns + c] = sums[r * columns + c] * factor;
                }
            }
            context.localBarrier();
            for (int r = 0; r < EACH; r++) {
                for (int s = 0; s < EACH; s++) {
                    float each = TornadoMath.exp(scores[r * EACH + s] - maximum[r]);
                    mass[r] = mass[r] + each;
                    p[(y * EACH + r) * (tile + 1) + x + s * across] = each;
                }
            }
            // Values take the keys' place.
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                k[place + place / padded] = next[i];
            }
            context.localBarrier();
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                next[i] = seenValue(
                        qkv,
                        from + tile + place / padded,
                        place % padded,
                        seen,
                        before,
                        prefixStart,
                        ownStart,
                        width,
                        key,
                        size);
            }
            for (int j = 0; j < tile; j++) {
                for (int r = 0; r < EACH; r++) {
                    float each = p[(y * EACH + r) * (tile + 1) + j];
                    for (int c = 0; c < columns; c++) {
                        sums[r * columns + c] += each * k[j * stride + x + c * across];
                    }
                }
            }
        }
        context.localBarrier();
        for (int r = 0; r < EACH; r++) {
            p[(y * EACH + r) * (tile + 1) + x] = mass[r];
        }
        context.localBarrier();
        for (int r = 0; r < EACH; r++) {
            int row = y * EACH + r;
            float total = 0;
            for (int i = 0; i < across; i++) {
                total += p[row * (tile + 1) + i];
            }
            if (row < rows) {
                int at = (first + row) * heads + head;
                for (int c = 0; c < columns; c++) {
                    if (x + c * across < size) {
                        out.set(at * size + x + c * across, sums[r * columns + c] / total);
                    }
                }
                if (x == 0) {
                    logSumExp.set(at, maximum[r] + TornadoMath.log(total));
                }
            }
        }
    }

    /// Derivatives of the queries; `delta` keeps `dOut·out` of each row and head for [#keysAndValues].
    static void queries(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
            int tiles,
            int tile,
            int heads,
            int keyHeads,
            int size) {
        int across = tile / EACH;
        int group = across * across;
        int columns = (size + across - 1) / across;
        int padded = columns * across;
        int stride = padded + 1;
        float[] q = context.allocateFloatLocalArray(tile * stride);
        float[] d = context.allocateFloatLocalArray(tile * stride);
        float[] k = context.allocateFloatLocalArray(tile * stride);
        float[] v = context.allocateFloatLocalArray(tile * stride);
        float[] p = context.allocateFloatLocalArray(tile * (tile + 1));
        float[] next = new float[EACH * columns];
        float[] nextValues = new float[EACH * columns];
        float[] scores = new float[EACH * EACH];
        float[] slopes = new float[EACH * EACH];
        float[] sums = new float[EACH * columns];
        float[] shift = new float[EACH];
        float[] own = new float[EACH];
        int lane = context.localIdx;
        int head = context.groupIdy;
        int x = lane % across;
        int y = lane / across;
        int width = (heads + 2 * keyHeads) * size;
        int key = (heads + head / (heads / keyHeads)) * size;
        int record = AttentionTiles.record(tiles, context.groupIdx);
        int first = tables.get(record + AttentionTiles.FIRST_ROW);
        int rows = 0;
        int seen = 0;
        int before = 0;
        int prefixStart = 0;
        int ownStart = 0;
        if (context.groupIdx < tables.get(tiles)) {
            rows = tables.get(record + AttentionTiles.ROWS);
            seen = tables.get(record + AttentionTiles.SEEN);
            before = tables.get(record + AttentionTiles.PREFIX_LENGTH);
            prefixStart = tables.get(record + AttentionTiles.PREFIX_START);
            ownStart = tables.get(record + AttentionTiles.OWN_START) - before;
        }
        float scale = 1 / TornadoMath.sqrt(size);
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            next[i] = value(qkv, place / padded, place % padded, first * width + head * size, width, rows, size, scale);
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            nextValues[i] = value(
                    dOut, place / padded, place % padded, (first * heads + head) * size, heads * size, rows, size, 1);
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            q[place + place / padded] = next[i];
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            d[place + place / padded] = nextValues[i];
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            next[i] = value(
                    out, place / padded, place % padded, (first * heads + head) * size, heads * size, rows, size, 1);
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            k[place + place / padded] = next[i];
        }
        context.localBarrier();
        for (int r = 0; r < EACH; r++) {
            float part = 0;
            for (int c = 0; c < columns; c++) {
                int at = (y * EACH + r) * stride + x + c * across;
                part += d[at] * k[at];
            }
            p[(y * EACH + r) * (tile + 1) + x] = part;
        }
        context.localBarrier();
        for (int r = 0; r < EACH; r++) {
            int row = y * EACH + r;
            own[r] = 0;
            shift[r] = 0;
            for (int i = 0; i < across; i++) {
                own[r] = own[r] + p[row * (tile + 1) + i];
            }
            if (row < rows) {
                int at = (first + row) * heads + head;
                shift[r] = logSumExp.get(at);
                if (x == 0) {
                    delta.set(at, own[r]);
                }
            }
            for (int c = 0; c < columns; c++) {
                sums[r * columns + c] = 0;
            }
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            next[i] = seenValue(
                    qkv, 0 + place / padded, place % padded, seen, before, prefixStart, ownStart, width, key, size);
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            nextValues[i] = seenValue(
                    qkv,
                    0 + place / padded,
                    place % padded,
                    seen,
                    before,
                    prefixStart,
                    ownStart,
                    width,
                    key + keyHeads * size,
                    size);
        }
        for (int from = 0; from < seen; from += tile) {
            context.localBarrier();
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                k[place + place / padded] = next[i];
            }
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                v[place + place / padded] = nextValues[i];
            }
            context.localBarrier();
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                next[i] = seenValue(
                        qkv,
                        from + tile + place / padded,
                        place % padded,
                        seen,
                        before,
                        prefixStart,
                        ownStart,
                        width,
                        key,
                        size);
            }
            for (int i = 0; i < EACH * columns; i++) {
                int place = lane + i * group;
                nextValues[i] = seenValue(
                        qkv,
                        from + tile + place / padded,
                        place % padded,
                        seen,
                        before,
                        prefixStart,
                        ownStart,
                        width,
                        key + keyHeads * size,
                        size);
            }
            for (int i = 0; i < EACH * EACH; i++) {
                scores[i] = 0;
            }
            for (int c = 0; c < padded; c++) {
                for (int r = 0; r < EACH; r++) {
                    float factor = q[(y * EACH + r) * stride + c];
                    for (int s = 0; s < EACH; s++) {
                        scores[r * EACH + s] += factor * k[(x + s * across) * stride + c];
                    }
                }
            }
            for (int i = 0; i < EACH * EACH; i++) {
                slopes[i] = 0;
            }
            for (int c = 0; c < padded; c++) {
                for (int r = 0; r < EACH; r++) {
                    float factor = d[(y * EACH + r) * stride + c];
                    for (int s = 0; s < EACH; s++) {
                        slopes[r * EACH + s] += factor * v[(x + s * across) * stride + c];
                    }
                }
            }
            for (int r = 0; r < EACH; r++) {
                for (int s = 0; s < EACH; s++) {
                    float slope = 0;
                    if (from + x + s * across <= seen - rows + y * EACH + r) {
                        slope = TornadoMath.exp(scores[r * EACH + s] - shift[r])
                                * (slopes[r * EACH + s] - own[r])
                                * scale;
                    }
                    p[(y * EACH + r) * (tile + 1) + x + s * across] = slope;
                }
            }
            context.localBarrier();
            for (int j = 0; j < tile; j++) {
                for (int r = 0; r < EACH; r++) {
                    float slope = p[(y * EACH + r) * (tile + 1) + j];
                    for (int c = 0; c < columns; c++) {
                        sums[r * columns + c] += slope * k[j * stride + x + c * across];
                    }
                }
            }
        }
        for (int r = 0; r < EACH; r++) {
            int row = y * EACH + r;
            if (row < rows) {
                for (int c = 0; c < columns; c++) {
                    if (x + c * across < size) {
                        dQkv.set((first + row) * width + head * size + x + c * across, sums[r * columns + c]);
                    }
                }
            }
        }
    }

    /// Derivatives of keys and values: a group takes a tile of keys of one key-value head and walks over the rows
    /// that see it, in the tile's own segment and in those that continue it.
    static void keysAndValues(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
            int tiles,
            int segments,
            int tile,
            int heads,
            int keyHeads,
            int size) {
        int across = tile / EACH;
        int group = across * across;
        int columns = (size + across - 1) / across;
        int padded = columns * across;
        int stride = padded + 1;
        float[] q = context.allocateFloatLocalArray(tile * stride);
        float[] d = context.allocateFloatLocalArray(tile * stride);
        float[] k = context.allocateFloatLocalArray(tile * stride);
        float[] v = context.allocateFloatLocalArray(tile * stride);
        float[] p = context.allocateFloatLocalArray(tile * (tile + 1));
        float[] slope = context.allocateFloatLocalArray(tile * (tile + 1));
        float[] next = new float[EACH * columns];
        float[] nextSlopes = new float[EACH * columns];
        float[] scores = new float[EACH * EACH];
        float[] slopes = new float[EACH * EACH];
        float[] keySums = new float[EACH * columns];
        float[] valueSums = new float[EACH * columns];
        int lane = context.localIdx;
        int keyHead = context.groupIdy;
        int x = lane % across;
        int y = lane / across;
        int width = (heads + 2 * keyHeads) * size;
        int key = (heads + keyHead) * size;
        int record = AttentionTiles.record(tiles, context.groupIdx);
        int first = tables.get(record + AttentionTiles.FIRST_ROW);
        int own = tables.get(record + AttentionTiles.SEGMENT);
        int rows = 0;
        int last = own - 1;
        if (context.groupIdx < tables.get(tiles)) {
            rows = tables.get(record + AttentionTiles.ROWS);
            last = tables.get(record + AttentionTiles.LAST_READER);
        }
        float scale = 1 / TornadoMath.sqrt(size);
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            next[i] = value(qkv, place / padded, place % padded, first * width + key, width, rows, size, 1);
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            nextSlopes[i] = value(
                    qkv, place / padded, place % padded, first * width + key + keyHeads * size, width, rows, size, 1);
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            k[place + place / padded] = next[i];
        }
        for (int i = 0; i < EACH * columns; i++) {
            int place = lane + i * group;
            v[place + place / padded] = nextSlopes[i];
        }
        for (int i = 0; i < EACH * columns; i++) {
            keySums[i] = 0;
            valueSums[i] = 0;
        }
        for (int segment = own; segment <= last; segment++) {
            int at = segments + segment * AttentionTiles.SEGMENT_RECORD;
            int start = tables.get(at);
            int to = start + tables.get(at + 1);
            // The tile's own segment sees it from its first row on; others see all of it, if they continue it.
            int from = start;
            if (segment == own) {
                from = first;
            } else {
                if (tables.get(at + 2) != own) {
                    from = to;
                }
            }
            int steps = (to - from + tile - 1) / tile * (heads / keyHeads);
            for (int step = 0; step < steps; step++) {
                int head = keyHead * (heads / keyHeads) + step % (heads / keyHeads);
                int row = from + step / (heads / keyHeads) * tile;
                int count = TornadoMath.min(tile, to - row);
                for (int i = 0; i < EACH * columns; i++) {
                    int place = lane + i * group;
                    next[i] = value(
                            qkv, place / padded, place % padded, row * width + head * size, width, count, size, scale);
                }
                for (int i = 0; i < EACH * columns; i++) {
                    int place = lane + i * group;
                    nextSlopes[i] = value(
                            dOut,
                            place / padded,
                            place % padded,
                            (row * heads + head) * size,
                            heads * size,
                            count,
                            size,
                            1);
                }
                context.localBarrier();
                for (int i = 0; i < EACH * columns; i++) {
                    int place = lane + i * group;
                    q[place + place / padded] = next[i];
                }
                for (int i = 0; i < EACH * columns; i++) {
                    int place = lane + i * group;
                    d[place + place / padded] = nextSlopes[i];
                }
                context.localBarrier();
                for (int i = 0; i < EACH * EACH; i++) {
                    scores[i] = 0;
                }
                for (int c = 0; c < padded; c++) {
                    for (int r = 0; r < EACH; r++) {
                        float factor = q[(y * EACH + r) * stride + c];
                        for (int s = 0; s < EACH; s++) {
                            scores[r * EACH + s] += factor * k[(x + s * across) * stride + c];
                        }
                    }
                }
                for (int i = 0; i < EACH * EACH; i++) {
                    slopes[i] = 0;
                }
                for (int c = 0; c < padded; c++) {
                    for (int r = 0; r < EACH; r++) {
                        float factor = d[(y * EACH + r) * stride + c];
                        for (int s = 0; s < EACH; s++) {
                            slopes[r * EACH + s] += factor * v[(x + s * across) * stride + c];
                        }
                    }
                }
                for (int r = 0; r < EACH; r++) {
                    int reader = row + y * EACH + r;
                    float shift = 0;
                    float less = 0;
                    if (reader < to) {
                        shift = logSumExp.get(reader * heads + head);
                        less = delta.get(reader * heads + head);
                    }
                    for (int s = 0; s < EACH; s++) {
                        float each = 0;
                        int seesFrom = first + x + s * across;
                        if (segment != own) {
                            seesFrom = row;
                        }
                        if (reader < to) {
                            if (reader >= seesFrom) {
                                each = TornadoMath.exp(scores[r * EACH + s] - shift);
                            }
                        }
                        int place = (y * EACH + r) * (tile + 1) + x + s * across;
                        p[place] = each;
                        slope[place] = each * (slopes[r * EACH + s] - less);
                    }
                }
                context.localBarrier();
                for (int j = 0; j < tile; j++) {
                    for (int r = 0; r < EACH; r++) {
                        float each = p[j * (tile + 1) + y * EACH + r];
                        float steep = slope[j * (tile + 1) + y * EACH + r];
                        for (int c = 0; c < columns; c++) {
                            valueSums[r * columns + c] += each * d[j * stride + x + c * across];
                            keySums[r * columns + c] += steep * q[j * stride + x + c * across];
                        }
                    }
                }
            }
        }
        for (int r = 0; r < EACH; r++) {
            int row = y * EACH + r;
            if (row < rows) {
                int at = (first + row) * width + key;
                for (int c = 0; c < columns; c++) {
                    if (x + c * across < size) {
                        dQkv.set(at + x + c * across, keySums[r * columns + c]);
                        dQkv.set(at + keyHeads * size + x + c * across, valueSums[r * columns + c]);
                    }
                }
            }
        }
    }

    /// A value of a tile of rows: of a head's `rows` rows from `at` on, times `scale`; 0 behind them.
    static float value(FloatArray from, int row, int column, int at, int width, int rows, int size, float scale) {
        float value = 0;
        if (row < rows) {
            if (column < size) {
                value = from.get(at + row * width + column) * scale;
            }
        }
        return value;
    }

    /// A value of the `i`-th key (or value) that a tile sees, first those of the prefix, then those of its own
    /// segment; 0 behind them.
    ///
    /// @param ownStart first row of the segment, less the length of the prefix
    static float seenValue(
            FloatArray qkv,
            int i,
            int column,
            int seen,
            int before,
            int prefixStart,
            int ownStart,
            int width,
            int key,
            int size) {
        float value = 0;
        if (i < seen) {
            if (column < size) {
                int source = ownStart + i;
                if (i < before) {
                    source = prefixStart + i;
                }
                value = qkv.get(source * width + key + column);
            }
        }
        return value;
    }
}
