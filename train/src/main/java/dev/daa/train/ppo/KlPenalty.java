package dev.daa.train.ppo;

/// Where the KL penalty stands.
public enum KlPenalty {
    /// In the reward, per token for advantages of tokens, per response for the others (k1).
    REWARD,
    /// In the loss, by `e^{log π_ref − log π} − 1 − (log π_ref − log π)` per token (k3, 2402.03300).
    LOSS
}
