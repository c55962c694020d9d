package dev.daa.train.rollout;

import dev.daa.model.score.Sequence;
import java.util.List;

/// The responses of one step, with all that is known of them before the update. Token t of response i is number
/// `start[i] + t` in every array of tokens.
///
/// @param responses those to one prompt one after the other
/// @param start [responses + 1]
/// @param oldLogProb [tokens] log π_old as sampled, nats
/// @param reference [tokens] log π_ref, nats
/// @param score [responses] what the reward says
/// @param stopped [responses] which ended themselves
public record Rollout(
        List<Sequence> responses,
        int[] start,
        double[] oldLogProb,
        double[] reference,
        double[] score,
        boolean[] stopped) {
    /// Number of responses.
    public int size() {
        return responses.size();
    }

    /// Tokens of all responses together.
    public int tokens() {
        return start[size()];
    }

    /// Tokens of a response, its stop token included.
    public int length(int response) {
        return start[response + 1] - start[response];
    }

    /// Mean over responses of the sampled KL to the reference, `Σ_t (log π_old − log π_ref)`, nats.
    public double kl() {
        double sum = 0;
        for (int t = 0; t < tokens(); t++) {
            sum += oldLogProb[t] - reference[t];
        }
        return sum / size();
    }
}
