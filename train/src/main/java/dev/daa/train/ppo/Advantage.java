package dev.daa.train.ppo;

/// How much better a response, or a token of one, was than expected; [Lesson] computes it by [Advantages]. Rewards
/// are scores minus the KL penalty where [KlPenalty#REWARD] puts it there.
public enum Advantage {
    /// GAE on token rewards with a value network, whitened over the batch.
    GAE(false, true),
    /// Sum of a token's own and later rewards, discounted, whitened over the batch's tokens (REINFORCE++).
    RETURNS(false, true),
    /// Sum of a token's own and later rewards, discounted, minus the score of the greedy response (ReMax).
    GREEDY(false, true),
    /// Reward minus the mean of the batch's other responses.
    BATCH_LEAVE_ONE_OUT(false, false),
    /// Reward minus the mean of the prompt's other responses.
    LEAVE_ONE_OUT(true, false),
    /// Reward minus the mean of the prompt's responses (Dr. GRPO).
    CENTRED(true, false),
    /// The same over their standard deviation plus 1e-4 (GRPO).
    STANDARDIZED(true, false),
    /// Reward minus the mean of the prompt's responses, whitened over the batch's tokens (REINFORCE++-baseline).
    CENTRED_WHITENED(true, false);

    private final boolean comparesSamples;
    private final boolean ofTokens;

    Advantage(boolean comparesSamples, boolean ofTokens) {
        this.comparesSamples = comparesSamples;
        this.ofTokens = ofTokens;
    }

    /// Whether responses are compared with others to the same prompt.
    boolean comparesSamples() {
        return comparesSamples;
    }

    /// Whether it differs between the tokens of a response.
    boolean ofTokens() {
        return ofTokens;
    }
}
