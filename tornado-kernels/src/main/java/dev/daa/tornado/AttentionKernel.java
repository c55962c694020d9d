package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Causal softmax attention over segments and their shared prefixes. Forward and the queries' derivatives: a lane is
/// one head of one row, which walks over the keys that it sees with a running maximum. Derivatives of keys and values:
/// a lane is one key-value head of one row, which walks over the queries that see it (Dao et al. 2205.14135, appendix
/// B.4).
final class AttentionKernel {
    private AttentionKernel() {}

    static void forward(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            int segmentOf,
            int segmentStart,
            int segmentLength,
            int segmentPrefix,
            int heads,
            int keyHeads,
            int size) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * heads) {
            forwardLane(
                    lane,
                    tables,
                    qkv,
                    out,
                    logSumExp,
                    segmentOf,
                    segmentStart,
                    segmentLength,
                    segmentPrefix,
                    heads,
                    keyHeads,
                    size);
        }
    }

    static void forwardLane(
            int lane,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            int segmentOf,
            int segmentStart,
            int segmentLength,
            int segmentPrefix,
            int heads,
            int keyHeads,
            int size) {
        int row = lane / heads;
        int head = lane - row * heads;
        int width = (heads + 2 * keyHeads) * size;
        int query = row * width + head * size;
        int key = (heads + head / (heads / keyHeads)) * size;
        int segment = tables.get(segmentOf + row);
        int prefix = tables.get(segmentPrefix + segment);
        int ownStart = tables.get(segmentStart + segment);
        int before = 0;
        int prefixStart = 0;
        if (prefix >= 0) {
            before = tables.get(segmentLength + prefix);
            prefixStart = tables.get(segmentStart + prefix);
        }
        int seen = before + row - ownStart + 1;
        float scale = 1 / TornadoMath.sqrt(size);
        float maximum = -1e30f;
        float sum = 0;
        float[] attended = new float[size];
        for (int d = 0; d < size; d++) {
            attended[d] = 0;
        }
        for (int i = 0; i < seen; i++) {
            int source = ownStart + i - before;
            if (i < before) {
                source = prefixStart + i;
            }
            int at = source * width + key;
            float score = 0;
            for (int d = 0; d < size; d++) {
                score += qkv.get(query + d) * qkv.get(at + d);
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
                attended[d] += p * qkv.get(value + d);
            }
        }
        for (int d = 0; d < size; d++) {
            out.set(lane * size + d, attended[d] / sum);
        }
        logSumExp.set(lane, maximum + TornadoMath.log(sum));
    }

    /// Derivatives of the queries; `delta` keeps `dOut·out` of each head and row for [#keysAndValues].
    static void queries(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
            int segmentOf,
            int segmentStart,
            int segmentLength,
            int segmentPrefix,
            int heads,
            int keyHeads,
            int size) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * heads) {
            queriesLane(
                    lane,
                    tables,
                    qkv,
                    out,
                    logSumExp,
                    dOut,
                    dQkv,
                    delta,
                    segmentOf,
                    segmentStart,
                    segmentLength,
                    segmentPrefix,
                    heads,
                    keyHeads,
                    size);
        }
    }

    static void queriesLane(
            int lane,
            IntArray tables,
            FloatArray qkv,
            FloatArray out,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
            int segmentOf,
            int segmentStart,
            int segmentLength,
            int segmentPrefix,
            int heads,
            int keyHeads,
            int size) {
        int row = lane / heads;
        int head = lane - row * heads;
        int width = (heads + 2 * keyHeads) * size;
        int query = row * width + head * size;
        int key = (heads + head / (heads / keyHeads)) * size;
        int segment = tables.get(segmentOf + row);
        int prefix = tables.get(segmentPrefix + segment);
        int ownStart = tables.get(segmentStart + segment);
        int before = 0;
        int prefixStart = 0;
        if (prefix >= 0) {
            before = tables.get(segmentLength + prefix);
            prefixStart = tables.get(segmentStart + prefix);
        }
        int seen = before + row - ownStart + 1;
        float scale = 1 / TornadoMath.sqrt(size);
        float shift = logSumExp.get(lane);
        float own = 0;
        float[] slope = new float[size];
        for (int d = 0; d < size; d++) {
            own += dOut.get(lane * size + d) * out.get(lane * size + d);
            slope[d] = 0;
        }
        delta.set(lane, own);
        for (int i = 0; i < seen; i++) {
            int source = ownStart + i - before;
            if (i < before) {
                source = prefixStart + i;
            }
            int at = source * width + key;
            int value = at + keyHeads * size;
            float score = 0;
            float dP = 0;
            for (int d = 0; d < size; d++) {
                score += qkv.get(query + d) * qkv.get(at + d);
                dP += dOut.get(lane * size + d) * qkv.get(value + d);
            }
            float dScore = TornadoMath.exp(score * scale - shift) * (dP - own) * scale;
            for (int d = 0; d < size; d++) {
                slope[d] += dScore * qkv.get(at + d);
            }
        }
        for (int d = 0; d < size; d++) {
            dQkv.set(query + d, slope[d]);
        }
    }

    static void keysAndValues(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
            int segmentOf,
            int segmentStart,
            int segmentLength,
            int segmentPrefix,
            int heads,
            int keyHeads,
            int size) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * keyHeads) {
            keysAndValuesLane(
                    lane,
                    tables,
                    qkv,
                    logSumExp,
                    dOut,
                    dQkv,
                    delta,
                    segmentOf,
                    segmentStart,
                    segmentLength,
                    segmentPrefix,
                    heads,
                    keyHeads,
                    size);
        }
    }

    static void keysAndValuesLane(
            int lane,
            IntArray tables,
            FloatArray qkv,
            FloatArray logSumExp,
            FloatArray dOut,
            FloatArray dQkv,
            FloatArray delta,
            int segmentOf,
            int segmentStart,
            int segmentLength,
            int segmentPrefix,
            int heads,
            int keyHeads,
            int size) {
        int row = lane / keyHeads;
        int keyHead = lane - row * keyHeads;
        int width = (heads + 2 * keyHeads) * size;
        int key = row * width + (heads + keyHead) * size;
        int value = key + keyHeads * size;
        int shared = heads / keyHeads;
        float scale = 1 / TornadoMath.sqrt(size);
        float[] dKey = new float[size];
        float[] dValue = new float[size];
        for (int d = 0; d < size; d++) {
            dKey[d] = 0;
            dValue[d] = 0;
        }
        int own = tables.get(segmentOf + row);
        int segments = tables.get(Tables.SEGMENTS);
        for (int segment = own; segment < segments; segment++) {
            // The rows of this segment that see the key.
            int from = 0;
            int to = 0;
            int start = tables.get(segmentStart + segment);
            if (segment == own) {
                from = row;
                to = start + tables.get(segmentLength + segment);
            }
            if (tables.get(segmentPrefix + segment) == own) {
                from = start;
                to = start + tables.get(segmentLength + segment);
            }
            for (int i = from; i < to; i++) {
                for (int h = 0; h < shared; h++) {
                    int head = keyHead * shared + h;
                    int at = i * width + head * size;
                    int outAt = (i * heads + head) * size;
                    float score = 0;
                    float dP = 0;
                    for (int d = 0; d < size; d++) {
                        score += qkv.get(at + d) * qkv.get(key + d);
                        dP += dOut.get(outAt + d) * qkv.get(value + d);
                    }
                    float p = TornadoMath.exp(score * scale - logSumExp.get(i * heads + head));
                    float dScore = p * (dP - delta.get(i * heads + head)) * scale;
                    for (int d = 0; d < size; d++) {
                        dKey[d] += dScore * qkv.get(at + d);
                        dValue[d] += p * dOut.get(outAt + d);
                    }
                }
            }
        }
        for (int d = 0; d < size; d++) {
            dQkv.set(key + d, dKey[d]);
            dQkv.set(value + d, dValue[d]);
        }
    }
}
