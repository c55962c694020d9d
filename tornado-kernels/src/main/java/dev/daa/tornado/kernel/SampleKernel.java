package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Draws a token for each target by inverting the cumulative distribution, in the order of token ids, over the tokens
/// that top-k and top-p leave; of equal logits the lower id counts as larger. A [Group] of [#groupSize] work-items
/// takes a target.
///
/// A cut is a logit and a count: kept are all larger logits, and the first so many that equal it. It is found by
/// halving the range of the logits until no float lies between its ends.
public final class SampleKernel {
    /// Halves a range of 2,048 down to the least positive float, 2⁻¹⁴⁹; other cuts take about 30.
    private static final int HALVINGS = 160;

    /// Floats that the kernels of one draw hand on, for each target.
    public static final int STATE = 6;

    private static final int MAXIMUM = 0;
    private static final int MINIMUM = 1;
    private static final int SUM = 2;
    private static final int CUT = 3;
    private static final int TIES = 4;
    private static final int KEPT = 5;

    /// Tokens for each work-item from which on a larger group pays: a search for a cut reads all logits some 30
    /// times, each time between sums that take a barrier for each halving of the group.
    private static final int TOKENS = 16;

    /// With more work-items each could have fewer than 128 of an NVIDIA GPU's registers.
    private static final int LARGEST_GROUP = 512;

    private SampleKernel() {}

    /// Work-items of a target's group: a power of two.
    ///
    /// @param most that the device takes
    public static int groupSize(int vocabulary, int most) {
        int size = Group.SIZE;
        while (2 * size <= Math.min(most, LARGEST_GROUP) && size * TOKENS < vocabulary) {
            size *= 2;
        }
        return size;
    }

    /// Largest and smallest logit, the mass of all tokens, the first token with the largest logit, and the cut that
    /// keeps all.
    public static void extremes(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            IntArray sampled,
            int vocabulary,
            int size) {
        int target = context.groupIdx;
        int lane = context.localIdx;
        int end = 0;
        if (target < tables.get(Tables.TARGETS)) {
            end = vocabulary;
        }
        int at = target * vocabulary;
        float maximum = -3.4e38f;
        float minimum = 3.4e38f;
        for (int token = lane; token < end; token += size) {
            maximum = TornadoMath.max(maximum, logits.get(at + token));
            minimum = TornadoMath.min(minimum, logits.get(at + token));
        }
        maximum = Group.maximum(context, maximum, size);
        minimum = -Group.maximum(context, -minimum, size);
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float mass = 0;
        // Token numbers are exact as floats up to 2²⁴; the first largest is the one that lies furthest from the end.
        // Where no logit is finite none is the largest: the first token is taken.
        float greedy = 0;
        for (int token = lane; token < end; token += size) {
            mass += TornadoMath.exp((logits.get(at + token) - maximum) * scale);
            if (logits.get(at + token) == maximum) {
                greedy = TornadoMath.max(greedy, vocabulary - token);
            }
        }
        mass = Group.sum(context, mass, size);
        greedy = Group.maximum(context, greedy, size);
        if (lane < end) {
            if (lane == 0) {
                sampled.set(target, (vocabulary - (int) greedy) % vocabulary);
                state.set(target * STATE + MAXIMUM, maximum);
                state.set(target * STATE + MINIMUM, minimum);
                state.set(target * STATE + SUM, mass);
                state.set(target * STATE + CUT, minimum);
                state.set(target * STATE + TIES, vocabulary);
                state.set(target * STATE + KEPT, mass);
            }
        }
    }

    /// The cut of top-k, where the batch has one: the largest logit that at least k logits reach.
    public static void topK(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            int vocabulary,
            int size) {
        int target = context.groupIdx;
        int lane = context.localIdx;
        int most = tables.get(Tables.TOP_K);
        int end = 0;
        int halvings = 0;
        if (target < tables.get(Tables.TARGETS)) {
            if (most > 0) {
                if (most < vocabulary) {
                    end = vocabulary;
                    halvings = HALVINGS;
                }
            }
        }
        int at = target * vocabulary;
        float minimum = 0;
        float maximum = 0;
        if (halvings > 0) {
            minimum = state.get(target * STATE + MINIMUM);
            maximum = state.get(target * STATE + MAXIMUM);
        }
        float low = minimum;
        float high = maximum;
        // Fewer than k are above `high`; at least k are above `low`, or else `low` is the cut.
        if (Group.sum(context, countAbove(lane, size, logits, at, end, low), size) < most) {
            high = low;
        }
        int left = halvings;
        while (left > 0) {
            float middle = between(low, high);
            float count = Group.sum(context, countAbove(lane, size, logits, at, end, middle), size);
            left = left - 1;
            if (middle == high) {
                left = 0;
            }
            if (count < most) {
                high = middle;
            } else {
                low = middle;
            }
        }
        float cut = Group.maximum(context, largestUpTo(lane, size, logits, at, end, high, minimum), size);
        float ties = most - Group.sum(context, countAbove(lane, size, logits, at, end, cut), size);
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float mass = Group.sum(context, massAbove(lane, size, logits, at, end, cut, maximum, scale), size);
        if (lane < halvings) {
            if (lane == 0) {
                state.set(target * STATE + CUT, cut);
                state.set(target * STATE + TIES, ties);
                state.set(target * STATE + KEPT, mass + ties * TornadoMath.exp((cut - maximum) * scale));
            }
        }
    }

    /// The cut of top-p, where the batch has one, among what top-k has left: the largest logit whose larger ones
    /// together weigh less than p of it.
    public static void topP(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            int vocabulary,
            int size) {
        int target = context.groupIdx;
        int lane = context.localIdx;
        int end = 0;
        int halvings = 0;
        if (target < tables.get(Tables.TARGETS)) {
            if (floats.get(Tables.TOP_P) < 1) {
                end = vocabulary;
                halvings = HALVINGS;
            }
        }
        int at = target * vocabulary;
        float before = 0;
        float maximum = 0;
        float wanted = 0;
        float tiesBefore = 0;
        if (halvings > 0) {
            before = state.get(target * STATE + CUT);
            maximum = state.get(target * STATE + MAXIMUM);
            wanted = floats.get(Tables.TOP_P) * state.get(target * STATE + KEPT);
            tiesBefore = state.get(target * STATE + TIES);
        }
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float low = before;
        float high = maximum;
        if (Group.sum(context, massAbove(lane, size, logits, at, end, low, maximum, scale), size) < wanted) {
            high = low;
        }
        int left = halvings;
        while (left > 0) {
            float middle = between(low, high);
            float mass = Group.sum(context, massAbove(lane, size, logits, at, end, middle, maximum, scale), size);
            left = left - 1;
            if (middle == high) {
                left = 0;
            }
            if (mass < wanted) {
                high = middle;
            } else {
                low = middle;
            }
        }
        float cut = Group.maximum(context, largestUpTo(lane, size, logits, at, end, high, before), size);
        float above = Group.sum(context, massAbove(lane, size, logits, at, end, cut, maximum, scale), size);
        float most = Group.sum(context, countEqual(lane, size, logits, at, end, cut), size);
        if (cut == before) {
            most = tiesBefore;
        }
        float each = TornadoMath.exp((cut - maximum) * scale);
        float ties = TornadoMath.max(1, TornadoMath.min(most, TornadoMath.ceil((wanted - above) / each)));
        if (lane < halvings) {
            if (lane == 0) {
                state.set(target * STATE + CUT, cut);
                state.set(target * STATE + TIES, ties);
                state.set(target * STATE + KEPT, above + ties * each);
            }
        }
    }

    /// Draws, unless the batch is greedy, and gives the log-probability under the uncut distribution. Each
    /// work-item weighs a run of neighbouring tokens; the one in whose run the draw lies walks through it.
    public static void draw(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            FloatArray logProb,
            IntArray sampled,
            int uniform,
            int vocabulary,
            int size) {
        int target = context.groupIdx;
        int lane = context.localIdx;
        float[] masses = context.allocateFloatLocalArray(size);
        float[] equals = context.allocateFloatLocalArray(size);
        int run = (vocabulary + size - 1) / size;
        int at = target * vocabulary;
        int from = TornadoMath.min(lane * run, vocabulary);
        int to = TornadoMath.min(from + run, vocabulary);
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float maximum = 0;
        float cut = 0;
        float ties = 0;
        float draw = 0;
        if (target < tables.get(Tables.TARGETS)) {
            maximum = state.get(target * STATE + MAXIMUM);
            cut = state.get(target * STATE + CUT);
            ties = state.get(target * STATE + TIES);
            draw = state.get(target * STATE + KEPT) * floats.get(uniform + target);
        } else {
            to = from;
        }
        // First what equals the cut in each run, since only the first so many of these are kept.
        float equal = 0;
        for (int token = from; token < to; token++) {
            if (logits.get(at + token) == cut) {
                equal += 1;
            }
        }
        equals[lane] = equal;
        context.localBarrier();
        float left = ties;
        for (int i = 0; i < lane; i++) {
            left = left - equals[i];
        }
        float mass = 0;
        float kept = left;
        for (int token = from; token < to; token++) {
            float logit = logits.get(at + token);
            if (logit > cut) {
                mass += TornadoMath.exp((logit - maximum) * scale);
            }
            if (logit == cut) {
                if (kept > 0) {
                    mass += TornadoMath.exp((logit - maximum) * scale);
                }
                kept = kept - 1;
            }
        }
        masses[lane] = mass;
        context.localBarrier();
        // The run in which the sum exceeds the draw, or the last one with any mass.
        float reached = 0;
        int chosen = 0;
        float before = 0;
        int isFound = 0;
        for (int i = 0; i < size; i++) {
            if (isFound == 0) {
                if (masses[i] > 0) {
                    chosen = i;
                    before = reached;
                }
                reached += masses[i];
                if (reached > draw) {
                    isFound = 1;
                }
            }
        }
        if (lane == chosen) {
            if (target < tables.get(Tables.TARGETS)) {
                int token = sampled.get(target);
                if (tables.get(Tables.GREEDY) == 0) {
                    token = walk(logits, at, from, to, maximum, scale, cut, left, draw, before);
                }
                sampled.set(target, token);
                logProb.set(
                        target,
                        (logits.get(at + token) - maximum) * scale - TornadoMath.log(state.get(target * STATE + SUM)));
            }
        }
    }

    /// First kept token of a run at which the running sum exceeds `draw`, or the last kept one with any mass.
    ///
    /// @param left how many tokens of the run that equal the cut are kept
    /// @param before the sum in front of the run
    static int walk(
            FloatArray logits,
            int at,
            int from,
            int to,
            float maximum,
            float scale,
            float cut,
            float left,
            float draw,
            float before) {
        float reached = before;
        float ties = left;
        int last = from;
        int found = -1;
        for (int token = from; token < to; token++) {
            float logit = logits.get(at + token);
            int isKept = 0;
            if (logit > cut) {
                isKept = 1;
            }
            if (logit == cut) {
                if (ties > 0) {
                    isKept = 1;
                }
                ties = ties - 1;
            }
            if (isKept == 1) {
                float mass = TornadoMath.exp((logit - maximum) * scale);
                reached += mass;
                if (mass > 0) {
                    last = token;
                }
                if (found < 0) {
                    if (reached > draw) {
                        found = token;
                    }
                }
            }
        }
        if (found < 0) {
            found = last;
        }
        return found;
    }

    /// Halfway between two floats; `high` where none lies between them.
    static float between(float low, float high) {
        float middle = low + (high - low) / 2;
        if (middle <= low) {
            middle = high;
        }
        return middle;
    }

    /// A work-item's part of how many logits are above a bound.
    static float countAbove(int lane, int size, FloatArray logits, int at, int end, float bound) {
        float count = 0;
        for (int token = lane; token < end; token += size) {
            if (logits.get(at + token) > bound) {
                count += 1;
            }
        }
        return count;
    }

    /// A work-item's part of how many logits equal a value.
    static float countEqual(int lane, int size, FloatArray logits, int at, int end, float value) {
        float count = 0;
        for (int token = lane; token < end; token += size) {
            if (logits.get(at + token) == value) {
                count += 1;
            }
        }
        return count;
    }

    /// A work-item's part of the mass of all logits above a bound.
    static float massAbove(
            int lane, int size, FloatArray logits, int at, int end, float bound, float maximum, float scale) {
        float sum = 0;
        for (int token = lane; token < end; token += size) {
            float logit = logits.get(at + token);
            if (logit > bound) {
                sum += TornadoMath.exp((logit - maximum) * scale);
            }
        }
        return sum;
    }

    /// A work-item's largest logit that is not above `bound`.
    static float largestUpTo(int lane, int size, FloatArray logits, int at, int end, float bound, float minimum) {
        float largest = minimum;
        for (int token = lane; token < end; token += size) {
            float logit = logits.get(at + token);
            if (logit <= bound) {
                largest = TornadoMath.max(largest, logit);
            }
        }
        return largest;
    }
}
