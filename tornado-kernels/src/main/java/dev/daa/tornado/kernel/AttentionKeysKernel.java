package dev.daa.tornado.kernel;

import static dev.daa.tornado.kernel.AttentionGroup.ACROSS;
import static dev.daa.tornado.kernel.AttentionGroup.BLOCK;
import static dev.daa.tornado.kernel.AttentionGroup.PAD;
import static dev.daa.tornado.kernel.AttentionGroup.ROWS;
import static dev.daa.tornado.kernel.AttentionGroup.WEIGHTS;
import static dev.daa.tornado.kernel.AttentionGroup.element;
import static dev.daa.tornado.kernel.AttentionGroup.ownRow;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// The backward pass of [AttentionKernel] for keys and values, after [AttentionQueriesKernel].
public final class AttentionKeysKernel {
    private AttentionKeysKernel() {}

    /// Derivatives of keys and values: a group takes a tile of keys of one key-value head and walks over the rows
    /// that see it, in the tile's own segment and in those that continue it.
    public static void derivatives(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
            int tiles,
            int segments,
            int each,
            int heads,
            int keyHeads,
            int size) {
        int tile = each * ACROSS;
        int blocks = (size + BLOCK - 1) / BLOCK;
        int stride = blocks * BLOCK + PAD;
        int depth = (size + 3) / 4 * 4;
        float[] q = context.allocateFloatLocalArray(tile * stride);
        float[] d = context.allocateFloatLocalArray(tile * stride);
        float[] k = context.allocateFloatLocalArray(tile * stride);
        float[] v = context.allocateFloatLocalArray(tile * stride);
        float[] p = context.allocateFloatLocalArray(tile * WEIGHTS);
        float[] slope = context.allocateFloatLocalArray(tile * WEIGHTS);
        float[] next = new float[tile / ROWS * blocks];
        float[] four = new float[4 * each];
        float[] scores = new float[each * each];
        float[] slopes = new float[each * each];
        float[] keySums = new float[each * blocks * 4];
        float[] valueSums = new float[each * blocks * 4];
        int lane = context.localIdx;
        int x = lane % ACROSS;
        int y = lane / ACROSS;
        int column = lane % BLOCK;
        int up = lane / BLOCK;
        int keyHead = context.groupIdy;
        int width = (heads + 2 * keyHeads) * size;
        int key = (heads + keyHead) * size;
        int record = AttentionTiles.record(tiles, context.groupIdx);
        int first = tables.get(record + AttentionTiles.FIRST_ROW);
        int own = tables.get(record + AttentionTiles.SEGMENT);
        int rows = 0;
        int lastReader = own - 1;
        if (context.groupIdx < tables.get(tiles)) {
            rows = tables.get(record + AttentionTiles.ROWS);
            lastReader = tables.get(record + AttentionTiles.LAST_READER);
        }
        float scale = 1 / TornadoMath.sqrt(size);
        for (int r = 0; r < tile; r += ROWS) {
            int row = ownRow(r + up, first, rows);
            for (int b = 0; b < blocks; b++) {
                next[r / ROWS * blocks + b] = element(qkv, row, width, key, b * BLOCK + column, size);
            }
        }
        for (int r = 0; r < tile; r += ROWS) {
            for (int b = 0; b < blocks; b++) {
                k[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
            }
        }
        for (int r = 0; r < tile; r += ROWS) {
            int row = ownRow(r + up, first, rows);
            for (int b = 0; b < blocks; b++) {
                next[r / ROWS * blocks + b] = element(qkv, row, width, key + keyHeads * size, b * BLOCK + column, size);
            }
        }
        for (int r = 0; r < tile; r += ROWS) {
            for (int b = 0; b < blocks; b++) {
                v[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
            }
        }
        for (int i = 0; i < each * blocks * 4; i++) {
            keySums[i] = 0;
            valueSums[i] = 0;
        }
        for (int segment = own; segment <= lastReader; segment++) {
            int entry = segments + segment * AttentionTiles.SEGMENT_RECORD;
            int start = tables.get(entry);
            int to = start + tables.get(entry + 1);
            // The tile's own segment sees it from its first row on; others see all of it, if they continue it.
            int from = start;
            if (segment == own) {
                from = first;
            } else {
                if (tables.get(entry + 2) != own) {
                    from = to;
                }
            }
            int steps = (to - from + tile - 1) / tile * (heads / keyHeads);
            for (int step = 0; step < steps; step++) {
                int head = keyHead * (heads / keyHeads) + step % (heads / keyHeads);
                int reader = from + step / (heads / keyHeads) * tile;
                for (int r = 0; r < tile; r += ROWS) {
                    int row = ownRow(r + up, reader, to - reader);
                    for (int b = 0; b < blocks; b++) {
                        next[r / ROWS * blocks + b] =
                                element(qkv, row, width, head * size, b * BLOCK + column, size) * scale;
                    }
                }
                context.localBarrier();
                for (int r = 0; r < tile; r += ROWS) {
                    for (int b = 0; b < blocks; b++) {
                        q[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
                    }
                }
                for (int r = 0; r < tile; r += ROWS) {
                    int row = ownRow(r + up, reader, to - reader);
                    for (int b = 0; b < blocks; b++) {
                        next[r / ROWS * blocks + b] =
                                element(dOut, row, heads * size, head * size, b * BLOCK + column, size);
                    }
                }
                for (int r = 0; r < tile; r += ROWS) {
                    for (int b = 0; b < blocks; b++) {
                        d[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
                    }
                }
                context.localBarrier();
                for (int i = 0; i < each * each; i++) {
                    scores[i] = 0;
                }
                for (int c = 0; c < depth; c += 4) {
                    for (int s = 0; s < each; s++) {
                        int at = (x + s * ACROSS) * stride + c;
                        four[s * 4] = k[at];
                        four[s * 4 + 1] = k[at + 1];
                        four[s * 4 + 2] = k[at + 2];
                        four[s * 4 + 3] = k[at + 3];
                    }
                    for (int r = 0; r < each; r++) {
                        int at = (y + r * ACROSS) * stride + c;
                        float one = q[at];
                        float two = q[at + 1];
                        float three = q[at + 2];
                        float rest = q[at + 3];
                        for (int s = 0; s < each; s++) {
                            float sum = scores[r * each + s];
                            sum = sum + one * four[s * 4];
                            sum = sum + two * four[s * 4 + 1];
                            sum = sum + three * four[s * 4 + 2];
                            sum = sum + rest * four[s * 4 + 3];
                            scores[r * each + s] = sum;
                        }
                    }
                }
                for (int i = 0; i < each * each; i++) {
                    slopes[i] = 0;
                }
                for (int c = 0; c < depth; c += 4) {
                    for (int s = 0; s < each; s++) {
                        int at = (x + s * ACROSS) * stride + c;
                        four[s * 4] = v[at];
                        four[s * 4 + 1] = v[at + 1];
                        four[s * 4 + 2] = v[at + 2];
                        four[s * 4 + 3] = v[at + 3];
                    }
                    for (int r = 0; r < each; r++) {
                        int at = (y + r * ACROSS) * stride + c;
                        float one = d[at];
                        float two = d[at + 1];
                        float three = d[at + 2];
                        float rest = d[at + 3];
                        for (int s = 0; s < each; s++) {
                            float sum = slopes[r * each + s];
                            sum = sum + one * four[s * 4];
                            sum = sum + two * four[s * 4 + 1];
                            sum = sum + three * four[s * 4 + 2];
                            sum = sum + rest * four[s * 4 + 3];
                            slopes[r * each + s] = sum;
                        }
                    }
                }
                for (int r = 0; r < each; r++) {
                    int row = reader + y + r * ACROSS;
                    float shift = 0;
                    float less = 0;
                    if (row < to) {
                        shift = logSumExp.get(row * heads + head);
                        less = delta.get(row * heads + head);
                    }
                    for (int s = 0; s < each; s++) {
                        float weight = 0;
                        int seesFrom = first + x + s * ACROSS;
                        if (segment != own) {
                            seesFrom = row;
                        }
                        if (row < to) {
                            if (row >= seesFrom) {
                                weight = TornadoMath.exp(scores[r * each + s] - shift);
                            }
                        }
                        int at = (x + s * ACROSS) * WEIGHTS + y + r * ACROSS;
                        p[at] = weight;
                        slope[at] = weight * (slopes[r * each + s] - less);
                    }
                }
                context.localBarrier();
                for (int j = 0; j < tile; j += 4) {
                    for (int r = 0; r < each; r++) {
                        int at = (y + r * ACROSS) * WEIGHTS + j;
                        four[r * 4] = p[at];
                        four[r * 4 + 1] = p[at + 1];
                        four[r * 4 + 2] = p[at + 2];
                        four[r * 4 + 3] = p[at + 3];
                    }
                    for (int e = 0; e < 4; e++) {
                        for (int b = 0; b < blocks; b++) {
                            int at = (j + e) * stride + b * BLOCK + x * 4;
                            float one = d[at];
                            float two = d[at + 1];
                            float three = d[at + 2];
                            float rest = d[at + 3];
                            for (int r = 0; r < each; r++) {
                                float factor = four[r * 4 + e];
                                int sum = (r * blocks + b) * 4;
                                valueSums[sum] = valueSums[sum] + factor * one;
                                valueSums[sum + 1] = valueSums[sum + 1] + factor * two;
                                valueSums[sum + 2] = valueSums[sum + 2] + factor * three;
                                valueSums[sum + 3] = valueSums[sum + 3] + factor * rest;
                            }
                        }
                    }
                }
                for (int j = 0; j < tile; j += 4) {
                    for (int r = 0; r < each; r++) {
                        int at = (y + r * ACROSS) * WEIGHTS + j;
                        four[r * 4] = slope[at];
                        four[r * 4 + 1] = slope[at + 1];
                        four[r * 4 + 2] = slope[at + 2];
                        four[r * 4 + 3] = slope[at + 3];
                    }
                    for (int e = 0; e < 4; e++) {
                        for (int b = 0; b < blocks; b++) {
                            int at = (j + e) * stride + b * BLOCK + x * 4;
                            float one = q[at];
                            float two = q[at + 1];
                            float three = q[at + 2];
                            float rest = q[at + 3];
                            for (int r = 0; r < each; r++) {
                                float factor = four[r * 4 + e];
                                int sum = (r * blocks + b) * 4;
                                keySums[sum] = keySums[sum] + factor * one;
                                keySums[sum + 1] = keySums[sum + 1] + factor * two;
                                keySums[sum + 2] = keySums[sum + 2] + factor * three;
                                keySums[sum + 3] = keySums[sum + 3] + factor * rest;
                            }
                        }
                    }
                }
            }
        }
        for (int r = 0; r < each; r++) {
            int row = y + r * ACROSS;
            if (row < rows) {
                int at = (first + row) * width + key;
                for (int c = 0; c < blocks * 4; c++) {
                    int to = c / 4 * BLOCK + x * 4 + c % 4;
                    if (to < size) {
                        dQkv.set(at + to, keySums[r * blocks * 4 + c]);
                    }
                }
                at = at + keyHeads * size;
                for (int c = 0; c < blocks * 4; c++) {
                    int to = c / 4 * BLOCK + x * 4 + c % 4;
                    if (to < size) {
                        dQkv.set(at + to, valueSums[r * blocks * 4 + c]);
                    }
                }
            }
        }
    }
}
