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

/// The backward pass of [AttentionKernel] for the queries, which forms the scores again (Dao et al. 2205.14135,
/// algorithm 4). Keys and values have a kernel of their own, [AttentionKeysKernel]: what a derivative sums over stays
/// within a group, so that sums have one order.
public final class AttentionQueriesKernel {
    private AttentionQueriesKernel() {}

    /// Derivatives of the queries; `delta` keeps `dOut·out` of each row and head for
    /// [AttentionKeysKernel].
    public static void derivatives(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
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
        float[] d = context.allocateFloatLocalArray(tile * stride);
        float[] k = context.allocateFloatLocalArray(tile * stride);
        float[] p = context.allocateFloatLocalArray(tile * WEIGHTS);
        float[] next = new float[tile / ROWS * blocks];
        float[] four = new float[4 * each];
        float[] scores = new float[each * each];
        float[] slopes = new float[each * each];
        float[] sums = new float[each * blocks * 4];
        float[] shift = new float[each];
        float[] own = new float[each];
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
        for (int r = 0; r < tile; r += ROWS) {
            int row = ownRow(r + up, first, rows);
            for (int b = 0; b < blocks; b++) {
                next[r / ROWS * blocks + b] = element(dOut, row, heads * size, head * size, b * BLOCK + column, size);
            }
        }
        for (int r = 0; r < tile; r += ROWS) {
            for (int b = 0; b < blocks; b++) {
                d[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
            }
        }
        for (int r = 0; r < tile; r += ROWS) {
            int row = ownRow(r + up, first, rows);
            for (int b = 0; b < blocks; b++) {
                next[r / ROWS * blocks + b] = element(out, row, heads * size, head * size, b * BLOCK + column, size);
            }
        }
        for (int r = 0; r < tile; r += ROWS) {
            for (int b = 0; b < blocks; b++) {
                k[(r + up) * stride + b * BLOCK + column] = next[r / ROWS * blocks + b];
            }
        }
        context.localBarrier();
        for (int r = 0; r < each; r++) {
            float sum = 0;
            for (int c = x; c < size; c += ACROSS) {
                sum += d[(y + r * ACROSS) * stride + c] * k[(y + r * ACROSS) * stride + c];
            }
            p[(y + r * ACROSS) * WEIGHTS + x] = sum;
        }
        context.localBarrier();
        for (int r = 0; r < each; r++) {
            int row = y + r * ACROSS;
            own[r] = 0;
            shift[r] = 0;
            for (int i = 0; i < ACROSS; i++) {
                own[r] = own[r] + p[row * WEIGHTS + i];
            }
            if (row < rows) {
                int at = (first + row) * heads + head;
                shift[r] = logSumExp.get(at);
                if (x == 0) {
                    delta.set(at, own[r]);
                }
            }
        }
        for (int i = 0; i < each * blocks * 4; i++) {
            sums[i] = 0;
        }
        for (int from = 0; from < seen; from += tile) {
            // Values and keys take the same place one after the other.
            for (int r = 0; r < tile; r += ROWS) {
                int row = seenRow(from + r + up, seen, before, prefixStart, ownStart);
                for (int b = 0; b < blocks; b++) {
                    next[r / ROWS * blocks + b] =
                            element(qkv, row, width, key + keyHeads * size, b * BLOCK + column, size);
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
                slopes[i] = 0;
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
                for (int s = 0; s < each; s++) {
                    float slope = 0;
                    if (from + x + s * ACROSS <= seen - rows + y + r * ACROSS) {
                        slope = TornadoMath.exp(scores[r * each + s] - shift[r])
                                * (slopes[r * each + s] - own[r])
                                * scale;
                    }
                    p[(y + r * ACROSS) * WEIGHTS + x + s * ACROSS] = slope;
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
        for (int r = 0; r < each; r++) {
            int row = y + r * ACROSS;
            if (row < rows) {
                int at = (first + row) * width + head * size;
                for (int c = 0; c < blocks * 4; c++) {
                    int to = c / 4 * BLOCK + x * 4 + c % 4;
                    if (to < size) {
                        dQkv.set(at + to, sums[r * blocks * 4 + c]);
                    }
                }
            }
        }
    }
}
