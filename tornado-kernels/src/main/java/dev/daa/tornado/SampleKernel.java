package dev.daa.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Draws a token for each target by inverting the cumulative distribution, in the order of token ids, over the tokens
/// that top-k and top-p leave; of equal logits the lower id counts as larger. A lane is a target.
///
/// A cut is a logit and a count: kept are all larger logits, and the first so many that equal it. It is found by
/// halving the range of the logits until no float lies between its ends.
final class SampleKernel {
    /// More than it takes to halve the range of all floats down to two neighbours.
    private static final int HALVINGS = 160;

    private SampleKernel() {}

    /// Floats that the kernels of one draw hand on, for each target.
    static final int STATE = 6;

    private static final int MAXIMUM = 0;
    private static final int MINIMUM = 1;
    private static final int SUM = 2;
    private static final int CUT = 3;
    private static final int TIES = 4;
    private static final int KEPT = 5;

    /// Largest and smallest logit, the mass of all tokens, the first token with the largest logit, and the cut that
    /// keeps all.
    static void extremes(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            IntArray sampled,
            int vocabulary) {
        int target = context.globalIdx;
        if (target < tables.get(Tables.TARGETS)) {
            extremesLane(target, floats, logits, state, sampled, vocabulary);
        }
    }

    static void extremesLane(
            int target, FloatArray floats, FloatArray logits, FloatArray state, IntArray sampled, int vocabulary) {
        int at = target * vocabulary;
        float maximum = logits.get(at);
        float minimum = maximum;
        int greedy = 0;
        for (int token = 1; token < vocabulary; token++) {
            float logit = logits.get(at + token);
            if (logit > maximum) {
                maximum = logit;
                greedy = token;
            }
            minimum = TornadoMath.min(minimum, logit);
        }
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float sum = 0;
        for (int token = 0; token < vocabulary; token++) {
            sum += TornadoMath.exp((logits.get(at + token) - maximum) * scale);
        }
        sampled.set(target, greedy);
        state.set(target * STATE + MAXIMUM, maximum);
        state.set(target * STATE + MINIMUM, minimum);
        state.set(target * STATE + SUM, sum);
        state.set(target * STATE + CUT, minimum);
        state.set(target * STATE + TIES, vocabulary);
        state.set(target * STATE + KEPT, sum);
    }

    /// The cut of top-k, where the batch has one.
    static void topK(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            int vocabulary) {
        int target = context.globalIdx;
        int most = tables.get(Tables.TOP_K);
        if (target < tables.get(Tables.TARGETS)) {
            if (most > 0) {
                if (most < vocabulary) {
                    topKLane(target, most, floats, logits, state, vocabulary);
                }
            }
        }
    }

    static void topKLane(int target, int most, FloatArray floats, FloatArray logits, FloatArray state, int vocabulary) {
        int at = target * vocabulary;
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float maximum = state.get(target * STATE + MAXIMUM);
        float cut = cutByCount(logits, at, vocabulary, state.get(target * STATE + MINIMUM), maximum, most);
        int ties = most - countAbove(logits, at, vocabulary, cut);
        state.set(target * STATE + CUT, cut);
        state.set(target * STATE + TIES, ties);
        state.set(
                target * STATE + KEPT,
                massAbove(logits, at, vocabulary, cut, maximum, scale)
                        + ties * TornadoMath.exp((cut - maximum) * scale));
    }

    /// The cut of top-p, where the batch has one, among what top-k has left.
    static void topP(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            int vocabulary) {
        int target = context.globalIdx;
        if (target < tables.get(Tables.TARGETS)) {
            if (floats.get(Tables.TOP_P) < 1) {
                topPLane(target, floats, logits, state, vocabulary);
            }
        }
    }

    static void topPLane(int target, FloatArray floats, FloatArray logits, FloatArray state, int vocabulary) {
        int at = target * vocabulary;
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float maximum = state.get(target * STATE + MAXIMUM);
        float before = state.get(target * STATE + CUT);
        float wanted = floats.get(Tables.TOP_P) * state.get(target * STATE + KEPT);
        float cut = cutByMass(logits, at, vocabulary, before, maximum, scale, wanted);
        float above = massAbove(logits, at, vocabulary, cut, maximum, scale);
        float each = TornadoMath.exp((cut - maximum) * scale);
        float most = vocabulary;
        if (cut == before) {
            most = state.get(target * STATE + TIES);
        }
        float ties = 1;
        for (int more = 1; more < vocabulary; more++) {
            if (ties < most) {
                if (above + ties * each < wanted) {
                    ties += 1;
                }
            }
        }
        state.set(target * STATE + CUT, cut);
        state.set(target * STATE + TIES, ties);
        state.set(target * STATE + KEPT, above + ties * each);
    }

    /// Draws, unless the batch is greedy, and gives the log-probability under the uncut distribution.
    static void draw(
            KernelContext context,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            FloatArray logProb,
            IntArray sampled,
            int uniform,
            int vocabulary) {
        int target = context.globalIdx;
        if (target < tables.get(Tables.TARGETS)) {
            drawLane(target, tables, floats, logits, state, logProb, sampled, uniform, vocabulary);
        }
    }

    static void drawLane(
            int target,
            IntArray tables,
            FloatArray floats,
            FloatArray logits,
            FloatArray state,
            FloatArray logProb,
            IntArray sampled,
            int uniform,
            int vocabulary) {
        int at = target * vocabulary;
        float scale = floats.get(Tables.INVERSE_TEMPERATURE);
        float maximum = state.get(target * STATE + MAXIMUM);
        int token = sampled.get(target);
        if (tables.get(Tables.GREEDY) == 0) {
            token = invert(
                    logits,
                    at,
                    vocabulary,
                    maximum,
                    scale,
                    state.get(target * STATE + CUT),
                    (int) state.get(target * STATE + TIES),
                    state.get(target * STATE + KEPT) * floats.get(uniform + target));
        }
        sampled.set(target, token);
        logProb.set(
                target, (logits.get(at + token) - maximum) * scale - TornadoMath.log(state.get(target * STATE + SUM)));
    }

    /// First kept token at which the running sum exceeds `draw`, or the last kept one.
    static int invert(
            FloatArray logits, int at, int vocabulary, float maximum, float scale, float cut, int ties, float draw) {
        float reached = 0;
        int left = ties;
        int last = 0;
        int found = -1;
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits.get(at + token);
            int isKept = 0;
            if (logit > cut) {
                isKept = 1;
            }
            if (logit == cut) {
                if (left > 0) {
                    isKept = 1;
                    left--;
                }
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

    static int countAbove(FloatArray logits, int at, int vocabulary, float cut) {
        int count = 0;
        for (int token = 0; token < vocabulary; token++) {
            if (logits.get(at + token) > cut) {
                count++;
            }
        }
        return count;
    }

    static float massAbove(FloatArray logits, int at, int vocabulary, float cut, float maximum, float scale) {
        float sum = 0;
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits.get(at + token);
            if (logit > cut) {
                sum += TornadoMath.exp((logit - maximum) * scale);
            }
        }
        return sum;
    }

    /// The largest logit that at least `count` logits reach: fewer than `count` are above it.
    static float cutByCount(FloatArray logits, int at, int vocabulary, float minimum, float maximum, int count) {
        float low = minimum;
        float high = maximum;
        // Fewer than `count` are above `high`; at least `count` are above `low`.
        if (countAbove(logits, at, vocabulary, low) < count) {
            high = low;
        }
        for (int halving = 0; halving < HALVINGS; halving++) {
            if (low < high) {
                float middle = low + (high - low) / 2;
                if (middle <= low) {
                    low = high;
                } else {
                    if (countAbove(logits, at, vocabulary, middle) < count) {
                        high = middle;
                    } else {
                        low = middle;
                    }
                }
            }
        }
        return largestUpTo(logits, at, vocabulary, high, minimum);
    }

    /// The largest logit whose larger ones together weigh less than `wanted`.
    static float cutByMass(
            FloatArray logits, int at, int vocabulary, float minimum, float maximum, float scale, float wanted) {
        float low = minimum;
        float high = maximum;
        if (massAbove(logits, at, vocabulary, low, maximum, scale) < wanted) {
            high = low;
        }
        for (int halving = 0; halving < HALVINGS; halving++) {
            if (low < high) {
                float middle = low + (high - low) / 2;
                if (middle <= low) {
                    low = high;
                } else {
                    if (massAbove(logits, at, vocabulary, middle, maximum, scale) < wanted) {
                        high = middle;
                    } else {
                        low = middle;
                    }
                }
            }
        }
        return largestUpTo(logits, at, vocabulary, high, minimum);
    }

    /// Largest logit that is not above `bound`.
    static float largestUpTo(FloatArray logits, int at, int vocabulary, float bound, float minimum) {
        float largest = minimum;
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits.get(at + token);
            if (logit <= bound) {
                largest = TornadoMath.max(largest, logit);
            }
        }
        return largest;
    }
}
