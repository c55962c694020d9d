package dev.daa.train.ppo;

import java.util.Arrays;

/// How much better an action was than expected: pure functions over a batch of responses whose tokens lie one after
/// the other, response i at `[start[i], start[i + 1])`. Nothing is padded, so nothing is masked.
final class Advantages {
    private static final double WHITENING_EPSILON = 1e-8;
    private static final double GROUP_EPSILON = 1e-4;

    private Advantages() {}

    /// Rewards of tokens: `r_t = −β(log π_old − log π_ref)`, and the response's score at its last token
    /// (2403.17031, details 11–13).
    static double[] tokenRewards(int[] start, double[] oldLogProb, double[] reference, double[] score, double beta) {
        double[] rewards = new double[start[score.length]];
        for (int t = 0; t < rewards.length; t++) {
            rewards[t] = -beta * (oldLogProb[t] - reference[t]);
        }
        for (int i = 0; i < score.length; i++) {
            rewards[start[i + 1] - 1] += score[i];
        }
        return rewards;
    }

    /// Rewards of responses: their score minus β times their sampled KL, `Σ_t (log π_old − log π_ref)`.
    static double[] responseRewards(int[] start, double[] oldLogProb, double[] reference, double[] score, double beta) {
        double[] rewards = score.clone();
        for (int i = 0; i < rewards.length; i++) {
            for (int t = start[i]; t < start[i + 1]; t++) {
                rewards[i] -= beta * (oldLogProb[t] - reference[t]);
            }
        }
        return rewards;
    }

    /// Generalised advantage estimation (Schulman et al. 1506.02438):
    /// `δ_t = r_t + γV_{t+1} − V_t`, `A_t = δ_t + γλA_{t+1}`, nothing following a response's last token.
    ///
    /// @param value `[tokens]` V of the state before each token
    /// @return `[tokens]` advantages; the returns are these plus `value`
    static double[] generalised(int[] start, double[] reward, double[] value, double discount, double lambda) {
        double[] advantage = new double[reward.length];
        for (int i = 0; i + 1 < start.length; i++) {
            double next = 0;
            double nextValue = 0;
            for (int t = start[i + 1] - 1; t >= start[i]; t--) {
                double delta = reward[t] + discount * nextValue - value[t];
                next = delta + discount * lambda * next;
                advantage[t] = next;
                nextValue = value[t];
            }
        }
        return advantage;
    }

    /// Scales to unit variance (the unbiased one), about a mean of 0 or about their own.
    static void whiten(double[] values, boolean shiftMean) {
        double mean = Arrays.stream(values).average().orElse(0);
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        double variance = values.length > 1 ? squares / (values.length - 1) : 0;
        double scale = 1 / Math.sqrt(variance + WHITENING_EPSILON);
        for (int t = 0; t < values.length; t++) {
            values[t] = (values[t] - mean) * scale + (shiftMean ? 0 : mean);
        }
    }

    /// A reward minus the mean of the others in its group of consecutive responses.
    static double[] leaveOneOut(double[] reward, int group) {
        double[] advantage = new double[reward.length];
        for (int from = 0; from < reward.length; from += group) {
            double sum = 0;
            for (int i = from; i < from + group; i++) {
                sum += reward[i];
            }
            for (int i = from; i < from + group; i++) {
                advantage[i] = reward[i] - (sum - reward[i]) / (group - 1);
            }
        }
        return advantage;
    }

    /// A reward minus its group's mean.
    static double[] centred(double[] reward, int group) {
        double[] advantage = new double[reward.length];
        for (int from = 0; from < reward.length; from += group) {
            double mean = 0;
            for (int i = from; i < from + group; i++) {
                mean += reward[i] / group;
            }
            for (int i = from; i < from + group; i++) {
                advantage[i] = reward[i] - mean;
            }
        }
        return advantage;
    }

    /// A reward minus its group's mean, over the group's standard deviation (the unbiased one) plus 1e-4.
    static double[] standardized(double[] reward, int group) {
        double[] advantage = centred(reward, group);
        for (int from = 0; from < reward.length; from += group) {
            double squares = 0;
            for (int i = from; i < from + group; i++) {
                squares += advantage[i] * advantage[i];
            }
            double scale = 1 / (Math.sqrt(squares / (group - 1)) + GROUP_EPSILON);
            for (int i = from; i < from + group; i++) {
                advantage[i] *= scale;
            }
        }
        return advantage;
    }

    /// Which responses belong to a group whose scores are not all the same.
    static boolean[] differing(double[] score, int group) {
        boolean[] differing = new boolean[score.length];
        for (int from = 0; from < score.length; from += group) {
            boolean differs = false;
            for (int i = from; i < from + group; i++) {
                differs |= score[i] != score[from];
            }
            Arrays.fill(differing, from, from + group, differs);
        }
        return differing;
    }

    /// Gives every token its response's advantage.
    static double[] spread(int[] start, double[] ofResponse) {
        double[] ofToken = new double[start[ofResponse.length]];
        for (int i = 0; i < ofResponse.length; i++) {
            Arrays.fill(ofToken, start[i], start[i + 1], ofResponse[i]);
        }
        return ofToken;
    }
}
