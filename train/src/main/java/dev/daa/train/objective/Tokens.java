package dev.daa.train.objective;

import dev.daa.compute.InputException;

/// Per-token numbers of `count` responses, packed: response i owns the positions `[start[i], start[i + 1])`.
///
/// @param start     [count + 1] first packed position of each response
/// @param policy    `[positions]` log π_θ(y_t | x, y_<t) in nats
/// @param reference `[positions]` log π_ref(y_t | x, y_<t) in nats; empty when there is no reference
/// @param collision `[positions]` log Σ_v π_θ(v | x, y_<t)² in nats; empty when unknown
public record Tokens(int[] start, double[] policy, double[] reference, double[] collision) {
    /// No per-token numbers.
    public static final Tokens NONE = new Tokens(new int[] {0}, new double[0], new double[0], new double[0]);

    public Tokens {
        int positions = start[start.length - 1];
        requireLength("policy", policy, positions);
        if (reference.length > 0) {
            requireLength("reference", reference, positions);
        }
        if (collision.length > 0) {
            requireLength("collision", collision, positions);
        }
    }

    /// Responses held.
    public int count() {
        return start.length - 1;
    }

    /// Tokens of response i.
    public int length(int response) {
        return start[response + 1] - start[response];
    }

    private static void requireLength(String name, double[] values, int positions) {
        if (values.length < positions) {
            throw new InputException(
                    "per-token " + name + " log-probs: " + values.length + " values for " + positions + " tokens");
        }
    }
}
