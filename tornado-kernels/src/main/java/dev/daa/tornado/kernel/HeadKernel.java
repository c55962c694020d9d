package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// What the language head does with the logits of a block of targets: `block` holds the first target and how many there
/// are. A group of [#GROUP] work-items takes a row of logits; where values are independent a lane is a value. Rows of
/// logits lie `stride` apart, see `Buffers.Head`.
public final class HeadKernel {
    public static final int GROUP = Group.SIZE;
    /// Places in `block`.
    public static final int FIRST = 0;

    public static final int COUNT = 1;

    private HeadKernel() {}

    /// Copies the hidden rows of the block's targets; the rows behind them become 0.
    public static void gather(
            KernelContext context,
            IntArray tables,
            IntArray block,
            FloatArray hidden,
            FloatArray rows,
            int targetRow,
            int mostRows,
            int width) {
        int lane = context.globalIdx;
        if (lane < mostRows * width) {
            int index = lane / width;
            float value = 0;
            if (index < block.get(COUNT)) {
                int source = tables.get(targetRow + block.get(FIRST) + index);
                value = hidden.get(source * width + lane - index * width);
            }
            rows.set(lane, value);
        }
    }

    /// `m = max z`, `s = Σ e^(z − m)`, `w = Σ e^(z − m)(z − m)` over the scaled logits z of a row, then `logSumExp
    /// = m + ln s`, `entropy = ln s − w/s` and the target's log-probability.
    public static void forward(
            KernelContext context,
            IntArray tables,
            IntArray block,
            FloatArray floats,
            FloatArray logits,
            FloatArray logProb,
            FloatArray entropy,
            FloatArray logSumExp,
            int targetToken,
            int vocabulary,
            int stride) {
        int index = context.groupIdx;
        int lane = context.localIdx;
        // Groups behind the block's targets walk over no tokens, since barriers must not depend on a condition.
        int end = 0;
        if (index < block.get(COUNT)) {
            end = vocabulary;
        }
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        int row = index * stride;
        float maximum = Group.maximum(context, maximumOf(lane, row, logits, end, scale));
        float mass = 0;
        float weighted = 0;
        for (int token = lane; token < end; token += GROUP) {
            float z = logits.get(row + token) * scale - maximum;
            float each = TornadoMath.exp(z);
            mass += each;
            weighted += each * z;
        }
        mass = Group.sum(context, mass);
        weighted = Group.sum(context, weighted);
        if (lane < end) {
            if (lane == 0) {
                float logOfSum = TornadoMath.log(mass);
                int target = block.get(FIRST) + index;
                int token = tables.get(targetToken + target);
                logSumExp.set(target, maximum + logOfSum);
                entropy.set(target, logOfSum - weighted / mass);
                logProb.set(target, logits.get(row + token) * scale - maximum - logOfSum);
            }
        }
    }

    /// Largest scaled logit among those that a lane reads of the row that starts at `row`, or that of token 0 where
    /// it reads none.
    static float maximumOf(int lane, int row, FloatArray logits, int vocabulary, float scale) {
        float maximum = logits.get(row) * scale;
        for (int token = lane; token < vocabulary; token += GROUP) {
            maximum = TornadoMath.max(maximum, logits.get(row + token) * scale);
        }
        return maximum;
    }

    /// A lane's part of `Σ e^(z − m)`.
    static float massOf(int lane, int row, FloatArray logits, int vocabulary, float scale, float maximum) {
        float sum = 0;
        for (int token = lane; token < vocabulary; token += GROUP) {
            sum += TornadoMath.exp(logits.get(row + token) * scale - maximum);
        }
        return sum;
    }

    /// Turns logits into their derivatives: `(dLogProb·(1[v = target] − p_v) − dEntropy·p_v(log p_v + entropy)) /
    /// temperature`; what lies behind the vocabulary or the block's targets becomes 0.
    public static void derivative(
            KernelContext context,
            IntArray tables,
            IntArray block,
            FloatArray floats,
            FloatArray logits,
            FloatArray logSumExp,
            FloatArray entropy,
            FloatArray dLogProb,
            FloatArray dEntropy,
            int targetToken,
            int mostRows,
            int vocabulary,
            int stride,
            int withEntropy) {
        int lane = context.globalIdx;
        int index = lane / stride;
        int token = lane - index * stride;
        int count = block.get(COUNT);
        if (token >= vocabulary) {
            count = 0;
        }
        if (index >= count) {
            if (index < mostRows) {
                logits.set(lane, 0f);
            }
        }
        if (index < count) {
            int target = block.get(FIRST) + index;
            float slope = 0;
            if (withEntropy == 1) {
                slope = dEntropy.get(target);
            }
            float isTarget = 0;
            if (tables.get(targetToken + target) == token) {
                isTarget = 1;
            }
            logits.set(
                    lane,
                    derivative(
                            logits.get(lane),
                            floats.get(Tables.INVERSE_TEMPERATURE),
                            logSumExp.get(target),
                            entropy.get(target),
                            dLogProb.get(target),
                            slope,
                            isTarget));
        }
    }

    public static float derivative(
            float logit, float scale, float logSumExp, float entropy, float dLogProb, float dEntropy, float isTarget) {
        float logP = logit * scale - logSumExp;
        float p = TornadoMath.exp(logP);
        return (dLogProb * (isTarget - p) - dEntropy * p * (logP + entropy)) * scale;
    }

    /// Puts the block's rows back to their place among all targets.
    public static void put(KernelContext context, IntArray block, FloatArray rows, FloatArray all, int width) {
        int lane = context.globalIdx;
        if (lane < block.get(COUNT) * width) {
            all.set(block.get(FIRST) * width + lane, rows.get(lane));
        }
    }

    /// `KL(p ‖ q) = Σ_v p(v)(log p(v) − log q(v))` of two models' logits of a row.
    public static void divergence(
            KernelContext context,
            IntArray block,
            FloatArray floats,
            FloatArray logits,
            FloatArray otherLogits,
            FloatArray out,
            FloatArray logSumExp,
            FloatArray otherLogSumExp,
            int vocabulary,
            int stride) {
        int index = context.groupIdx;
        int lane = context.localIdx;
        int end = 0;
        if (index < block.get(COUNT)) {
            end = vocabulary;
        }
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        int row = index * stride;
        float maximum = Group.maximum(context, maximumOf(lane, row, logits, end, scale));
        float otherMaximum = Group.maximum(context, maximumOf(lane, row, otherLogits, end, scale));
        float mass = Group.sum(context, massOf(lane, row, logits, end, scale, maximum));
        float otherMass = Group.sum(context, massOf(lane, row, otherLogits, end, scale, otherMaximum));
        float weighted =
                Group.sum(context, differenceOf(lane, row, logits, otherLogits, end, scale, maximum, otherMaximum));
        if (lane < end) {
            if (lane == 0) {
                float logOfSum = TornadoMath.log(mass);
                float logOfOtherSum = TornadoMath.log(otherMass);
                int target = block.get(FIRST) + index;
                out.set(target, weighted / mass - logOfSum + logOfOtherSum);
                logSumExp.set(target, maximum + logOfSum);
                otherLogSumExp.set(target, otherMaximum + logOfOtherSum);
            }
        }
    }

    /// A lane's part of `Σ e^(z − m)((z − m) − (z′ − m′))`.
    static float differenceOf(
            int lane,
            int row,
            FloatArray logits,
            FloatArray otherLogits,
            int vocabulary,
            float scale,
            float maximum,
            float otherMaximum) {
        float sum = 0;
        for (int token = lane; token < vocabulary; token += GROUP) {
            float z = logits.get(row + token) * scale - maximum;
            float other = otherLogits.get(row + token) * scale - otherMaximum;
            sum += TornadoMath.exp(z) * (z - other);
        }
        return sum;
    }
}
