package dev.daa.eval.kl;

import java.util.Arrays;
import java.util.stream.IntStream;

/// Per-token log-probs of sampled responses under both models, packed: sequence i owns the positions
/// `[start[i], start[i + 1])`.
///
/// Both models must have been evaluated at the temperature that the samples were drawn at. End-of-sequence is a token
/// like any other; a response cut at the length limit simply ends, and its KL undercounts that of a longer one.
///
/// @param start [sequences + 1] first packed position of each sequence, from 0 on, not decreasing
/// @param policy `[positions]` log π(y_t | x, y_<t) in nats, finite
/// @param reference `[positions]` log π_ref(y_t | x, y_<t) in nats, finite
/// @param prompt `[sequences]` number of each sequence's prompt, for the standard error
public record SequenceLogProbs(int[] start, double[] policy, double[] reference, int[] prompt) {
    public SequenceLogProbs {
        Packing.check(start, policy.length, prompt.length);
        if (policy.length != reference.length) {
            throw new IllegalArgumentException(
                    policy.length + " log-probs of the policy, but " + reference.length + " of the reference");
        }
        Packing.checkFinite("policy log-prob", policy, start);
        Packing.checkFinite("reference log-prob", reference, start);
    }

    /// Sequences to distinct prompts.
    public SequenceLogProbs(int[] start, double[] policy, double[] reference) {
        this(start, policy, reference, IntStream.range(0, start.length - 1).toArray());
    }

    /// Unpacked sequences to distinct prompts: `policy[i][t]` and `reference[i][t]`.
    public static SequenceLogProbs of(double[][] policy, double[][] reference) {
        int[] start = Packing.start(policy);
        int[] referenceStart = Packing.start(reference);
        if (!Arrays.equals(start, referenceStart)) {
            throw new IllegalArgumentException("policy and reference log-probs are of sequences of other lengths");
        }
        return new SequenceLogProbs(start, Packing.pack(policy), Packing.pack(reference));
    }
}
