package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// What is derived from the logits of a block of targets besides log-probabilities; blocks and groups are those of
/// [HeadKernel].
public final class DivergenceKernel {
    private DivergenceKernel() {}

    /// Turns the second model's logits into derivatives of the divergence: `dOut·(q_v − p_v) / temperature`; what
    /// lies behind the vocabulary or the block's targets becomes 0.
    public static void derivative(
            KernelContext context,
            IntArray block,
            FloatArray floats,
            FloatArray logits,
            FloatArray otherLogits,
            FloatArray logSumExp,
            FloatArray otherLogSumExp,
            FloatArray dOut,
            int mostRows,
            int vocabulary,
            int stride) {
        int lane = context.globalIdx;
        int index = lane / stride;
        int count = block.get(HeadKernel.COUNT);
        if (lane - index * stride >= vocabulary) {
            count = 0;
        }
        if (index >= count) {
            if (index < mostRows) {
                otherLogits.set(lane, 0f);
            }
        }
        if (index < count) {
            int target = block.get(HeadKernel.FIRST) + index;
            float scale = floats.get(Tables.INVERSE_TEMPERATURE);
            float p = TornadoMath.exp(logits.get(lane) * scale - logSumExp.get(target));
            float q = TornadoMath.exp(otherLogits.get(lane) * scale - otherLogSumExp.get(target));
            otherLogits.set(lane, dOut.get(target) * (q - p) * scale);
        }
    }

    /// `log Σ p² = log Σ e^(2(z − m)) − 2 log Σ e^(z − m)` of the scaled logits z of a row, m their maximum.
    public static void collision(
            KernelContext context,
            IntArray block,
            FloatArray floats,
            FloatArray logits,
            FloatArray out,
            int vocabulary,
            int stride) {
        int index = context.groupIdx;
        int lane = context.localIdx;
        // Groups behind the block's targets walk over no tokens, since barriers must not depend on a condition.
        int end = 0;
        if (index < block.get(HeadKernel.COUNT)) {
            end = vocabulary;
        }
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        int row = index * stride;
        float maximum = Group.maximum(context, HeadKernel.maximumOf(lane, row, logits, end, scale));
        float sum = Group.sum(context, HeadKernel.massOf(lane, row, logits, end, scale, maximum));
        float squares = Group.sum(context, HeadKernel.massOf(lane, row, logits, end, 2 * scale, 2 * maximum));
        if (lane < end) {
            if (lane == 0) {
                out.set(block.get(HeadKernel.FIRST) + index, TornadoMath.log(squares) - 2 * TornadoMath.log(sum));
            }
        }
    }

    /// Entropy of the likeliest tokens of a row among themselves, and their share of the mass: each round finds the
    /// largest logit below the last one, and how many tokens have it.
    public static void likeliest(
            KernelContext context,
            IntArray block,
            FloatArray floats,
            FloatArray logits,
            FloatArray topEntropy,
            FloatArray topMass,
            int vocabulary,
            int stride,
            int top) {
        int index = context.groupIdx;
        int lane = context.localIdx;
        int end = 0;
        int rounds = 0;
        if (index < block.get(HeadKernel.COUNT)) {
            end = vocabulary;
            rounds = top;
        }
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        int row = index * stride;
        float maximum = Group.maximum(context, HeadKernel.maximumOf(lane, row, logits, end, scale));
        float sum = Group.sum(context, HeadKernel.massOf(lane, row, logits, end, scale, maximum));
        float mass = 0;
        float weighted = 0;
        float last = 3.4e38f;
        float left = top;
        for (int round = 0; round < rounds; round++) {
            float own = -1e30f;
            // Counts are exact as floats up to 2²⁴.
            float same = 0;
            for (int token = lane; token < end; token += HeadKernel.GROUP) {
                float z = logits.get(row + token) * scale;
                if (z < last) {
                    if (z > own) {
                        own = z;
                        same = 0;
                    }
                    if (z == own) {
                        same += 1;
                    }
                }
            }
            float best = Group.maximum(context, own);
            if (own < best) {
                same = 0;
            }
            float taken = TornadoMath.min(Group.sum(context, same), left);
            float e = taken * TornadoMath.exp(best - maximum);
            mass += e;
            weighted += e * (best - maximum);
            left -= taken;
            last = best;
        }
        if (lane < rounds) {
            if (lane == 0) {
                int target = block.get(HeadKernel.FIRST) + index;
                topEntropy.set(target, TornadoMath.log(mass) - weighted / mass);
                topMass.set(target, mass / sum);
            }
        }
    }
}
