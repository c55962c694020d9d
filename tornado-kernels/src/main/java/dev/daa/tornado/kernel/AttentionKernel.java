package dev.daa.tornado.kernel;

import static dev.daa.tornado.kernel.AttentionGroup.ACROSS;
import static dev.daa.tornado.kernel.AttentionGroup.BLOCK;
import static dev.daa.tornado.kernel.AttentionGroup.PAD;
import static dev.daa.tornado.kernel.AttentionGroup.ROWS;
import static dev.daa.tornado.kernel.AttentionGroup.WEIGHTS;
import static dev.daa.tornado.kernel.AttentionGroup.element;
import static dev.daa.tornado.kernel.AttentionGroup.ownRow;
import static dev.daa.tornado.kernel.AttentionGroup.seenRow;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Causal softmax attention over segments and their shared prefixes, tile by tile with a running maximum (Dao et al.
/// 2205.14135, algorithm 1). A group takes one head of one tile of rows, see [AttentionTiles] and [AttentionGroup].
public final class AttentionKernel {
    private static final float UNSEEN = -1e30f;

    private AttentionKernel() {}

    /// `out = softmax(q·kᵀ/√size)·v` and `logSumExp` of the scaled scores, for each row and head.
    ///
    /// @param each rows of a tile that a work-item takes, and keys
    public static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            int tiles,
            int each,
            int heads,
            int keyHeads,
            int size) {
        int tile = each * ACROSS;
        int blocks = (size + BLOCK - 1) / BLOCK;
        int stride = blocks * BLOCK + PAD;
        int depth = (size + 3) / 4 * 4;
        float[] q = context.allocateFloatLocalArray(tile * stride);
        float[] k = context.allocateFloatLocalArray(tile * stride);
        float[] p = context.allocateFloatLocalArray(tile * WEIGHTS);
        float[] part = context.allocateFloatLocalArray(tile * ACROSS);
        float[] next = new float[tile / ROWS * blocks];
        float[] four = new float[4 * each];
        float[] scores = new float[each * each];
        float[] sums = new float[each * blocks * 4];
        float[] maximum = new float[each];
        float[] mass = new float[each];
        int lane = context.localIdx;
        int x = lane % ACROSS;
        int y = lane / ACROSS;
        int column = lane % BLOCK;
        int up = lane / BLOCK;
        int head = context.groupIdy;
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
        for (int r = 0; r < tile; r += ROWS) {
            int row = ownRow(r + up, first, rows);
            for (int b = 0; b < blocks; b++) {
                next[r / ROWS * blocks + b] = element(qkv, row, width, head * size, b * BLOCK + column, size) * scale;
            }
        }
        for (int r = 0; r < tile; r += ROWS) {
            for (int b = 0; b < blocks; b++) {
                q[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
            }
        }
        for (int i = 0; i < each * blocks * 4; i++) {
            sums[i] = 0;
        }
        for (int r = 0; r < each; r++) {
            maximum[r] = UNSEEN;
            mass[r] = 0;
        }
        for (int from = 0; from < seen; from += tile) {
            for (int r = 0; r < tile; r += ROWS) {
                int row = seenRow(from + r + up, seen, before, prefixStart, ownStart);
                for (int b = 0; b < blocks; b++) {
                    next[r / ROWS * blocks + b] = element(qkv, row, width, key, b * BLOCK + column, size);
                }
            }
            context.localBarrier();
            for (int r = 0; r < tile; r += ROWS) {
                for (int b = 0; b < blocks; b++) {
                    k[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
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
            for (int r = 0; r < each; r++) {
                float largest = UNSEEN;
                for (int s = 0; s < each; s++) {
                    // Row r of the tile sees as many keys less than the last row as it lies before it.
                    if (from + x + s * ACROSS > seen - rows + y + r * ACROSS) {
                        scores[r * each + s] = UNSEEN;
                    }
                    largest = TornadoMath.max(largest, scores[r * each + s]);
                }
                part[(y + r * ACROSS) * ACROSS + x] = largest;
            }
            for (int r = 0; r < tile; r += ROWS) {
                int row = seenRow(from + r + up, seen, before, prefixStart, ownStart);
                for (int b = 0; b < blocks; b++) {
                    next[r / ROWS * blocks + b] =
                            element(qkv, row, width, key + keyHeads * size, b * BLOCK + column, size);
                }
            }
            context.localBarrier();
            for (int r = 0; r < each; r++) {
                float largest = maximum[r];
                for (int i = 0; i < ACROSS; i++) {
                    largest = TornadoMath.max(largest, part[(y + r * ACROSS) * ACROSS + i]);
                }
                float factor = TornadoMath.exp(maximum[r] - largest);
                maximum[r] = largest;
                mass[r] = mass[r] * factor;
                for (int c = 0; c < blocks * 4; c++) {
                    sums[r * blocks * 4 + c] = sums[r * blocks * 4 + c] * factor;
                }
                for (int s = 0; s < each; s++) {
                    float weight = TornadoMath.exp(scores[r * each + s] - largest);
                    mass[r] = mass[r] + weight;
                    p[(y + r * ACROSS) * WEIGHTS + x + s * ACROSS] = weight;
                }
            }
            // Values take the keys' place.
            for (int r = 0; r < tile; r += ROWS) {
                for (int b = 0; b < blocks; b++) {
                    k[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
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
                        float one = k[at];
                        float two = k[at + 1];
                        float three = k[at + 2];
                        float rest = k[at + 3];
                        for (int r = 0; r < each; r++) {
                            float factor = four[r * 4 + e];
                            int sum = (r * blocks + b) * 4;
                            sums[sum] = sums[sum] + factor * one;
                            sums[sum + 1] = sums[sum + 1] + factor * two;
                            sums[sum + 2] = sums[sum + 2] + factor * three;
                            sums[sum + 3] = sums[sum + 3] + factor * rest;
                        }
                    }
                }
            }
        }
        context.localBarrier();
        for (int r = 0; r < each; r++) {
            part[(y + r * ACROSS) * ACROSS + x] = mass[r];
        }
        context.localBarrier();
        for (int r = 0; r < each; r++) {
            int row = y + r * ACROSS;
            float total = 0;
            for (int i = 0; i < ACROSS; i++) {
                total += part[row * ACROSS + i];
            }
            if (row < rows) {
                int at = (first + row) * heads + head;
                for (int c = 0; c < blocks * 4; c++) {
                    int to = c / 4 * BLOCK + x * 4 + c % 4;
                    if (to < size) {
                        out.set(at * size + to, sums[r * blocks * 4 + c] / total);
                    }
                }
                if (x == 0) {
                    logSumExp.set(at, maximum[r] + TornadoMath.log(total));
                }
            }
        }
    }
}
