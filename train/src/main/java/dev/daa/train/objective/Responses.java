package dev.daa.train.objective;

import dev.daa.compute.InputException;

/// One side of a batch: `count` responses with what the models say about them. Arrays may be longer than `count`, so
/// that a trainer fills the same arrays every step; an empty array means "not known".
///
/// @param count     responses on this side
/// @param policy    [count] log π_θ(y | x), summed over the response tokens with end-of-sequence, nats
/// @param reference [count] log π_ref(y | x), summed likewise, nats; empty for reference-free objectives
/// @param length    [count] |y|, tokens with end-of-sequence; empty when unknown
/// @param tokens    per-token log-probs, [Tokens#NONE] when the objective does not need them
/// @param forwardKl [count] Σ_t KL(π_ref ‖ π_θ) at the response positions, nats; empty when unknown
/// @param mismatchedLogRatio [count] log π_θ(y′|x) − log π_ref(y′|x) for a response y′ of another prompt, nats; empty
///     when unknown
public record Responses(
        int count,
        double[] policy,
        double[] reference,
        int[] length,
        Tokens tokens,
        double[] forwardKl,
        double[] mismatchedLogRatio) {
    private static final double[] UNKNOWN = {};

    public Responses {
        requireLength("policy log-probs", policy.length, count);
        if (reference.length > 0) {
            requireLength("reference log-probs", reference.length, count);
        }
        if (length.length > 0) {
            requireLength("lengths", length.length, count);
        }
        if (tokens.count() > 0) {
            requireLength("per-token log-probs", tokens.count(), count);
        }
        if (forwardKl.length > 0) {
            requireLength("forward KL", forwardKl.length, count);
        }
        if (mismatchedLogRatio.length > 0) {
            requireLength("mismatched log-ratios", mismatchedLogRatio.length, count);
        }
    }

    /// Sequence log-probs and lengths of a full array, which is what most objectives need.
    public static Responses of(double[] policy, double[] reference, int[] length) {
        return of(policy.length, policy, reference, length);
    }

    /// Sequence log-probs and lengths of the first `count` entries.
    public static Responses of(int count, double[] policy, double[] reference, int[] length) {
        return new Responses(count, policy, reference, length, Tokens.NONE, UNKNOWN, UNKNOWN);
    }

    /// The same responses with per-token log-probs.
    public Responses withTokens(Tokens perToken) {
        return new Responses(count, policy, reference, length, perToken, forwardKl, mismatchedLogRatio);
    }

    /// The same responses with the forward KL of each.
    public Responses withForwardKl(double[] klOfReferenceToPolicy) {
        return new Responses(count, policy, reference, length, tokens, klOfReferenceToPolicy, mismatchedLogRatio);
    }

    /// The same responses with the log-ratio of a response of another prompt beside each.
    public Responses withMismatchedLogRatio(double[] logRatioOfOtherResponse) {
        return new Responses(count, policy, reference, length, tokens, forwardKl, logRatioOfOtherResponse);
    }

    /// Refuses a batch that lacks what `objective` reads.
    void require(Need need, String side, Objective objective) {
        boolean present = switch (need) {
            case REFERENCE -> count == 0 || reference.length > 0;
            case LENGTHS -> count == 0 || length.length > 0;
            case TOKENS -> count == 0 || tokens.count() > 0;
            case TOKEN_COLLISION -> count == 0 || tokens.collision().length > 0;
            case FORWARD_KL -> count == 0 || forwardKl.length > 0;
            case MISMATCHED -> count == 0 || mismatchedLogRatio.length > 0;
            case BATCH -> true;
        };
        if (!present) {
            throw new InputException(objective.name() + " needs " + need.meaning() + "; the " + side
                    + " responses of this batch carry none");
        }
    }

    private static void requireLength(String name, int found, int expected) {
        if (found < expected) {
            throw new InputException(name + ": " + found + " values for " + expected + " responses");
        }
    }
}
