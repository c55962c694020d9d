package dev.daa.train.rollout;

import dev.daa.model.score.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

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

    /// Some of the responses.
    public Rollout only(int[] chosen) {
        List<Sequence> some = new ArrayList<>();
        int[] begin = new int[chosen.length + 1];
        for (int i = 0; i < chosen.length; i++) {
            some.add(responses.get(chosen[i]));
            begin[i + 1] = begin[i] + length(chosen[i]);
        }
        double[] policy = new double[begin[chosen.length]];
        double[] ofReference = new double[policy.length];
        double[] scores = new double[chosen.length];
        boolean[] ended = new boolean[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            System.arraycopy(oldLogProb, start[chosen[i]], policy, begin[i], length(chosen[i]));
            System.arraycopy(reference, start[chosen[i]], ofReference, begin[i], length(chosen[i]));
            scores[i] = score[chosen[i]];
            ended[i] = stopped[chosen[i]];
        }
        return new Rollout(some, begin, policy, ofReference, scores, ended);
    }

    /// These responses and behind them others.
    public Rollout with(Rollout other) {
        List<Sequence> both = new ArrayList<>(responses);
        both.addAll(other.responses);
        int[] begin = Arrays.copyOf(start, both.size() + 1);
        for (int i = 1; i <= other.size(); i++) {
            begin[size() + i] = tokens() + other.start[i];
        }
        boolean[] ended = Arrays.copyOf(stopped, both.size());
        System.arraycopy(other.stopped, 0, ended, size(), other.size());
        return new Rollout(
                both,
                begin,
                joined(oldLogProb, other.oldLogProb),
                joined(reference, other.reference),
                joined(score, other.score),
                ended);
    }

    /// The same responses with other scores.
    public Rollout withScore(double[] other) {
        return new Rollout(responses, start, oldLogProb, reference, other, stopped);
    }

    private static double[] joined(double[] first, double[] second) {
        return DoubleStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
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
