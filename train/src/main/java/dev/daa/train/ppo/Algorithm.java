package dev.daa.train.ppo;

/// Policy-gradient algorithms. All sample, score and update in the same loop; what differs is the advantage
/// ([Advantages]) and the loss ([PolicyLoss]).
public enum Algorithm {
    /// Proximal policy optimisation with a value network (Schulman et al. 1707.06347; details of 2403.17031): GAE
    /// on per-token rewards, clipped token ratio, mean over tokens.
    PPO(1, 4),
    /// REINFORCE leave-one-out (Ahmadian et al. 2402.14740): the KL penalty is part of a response's reward, its
    /// baseline the mean of the prompt's other responses; clipped ratio of the whole response.
    RLOO(4, 1),
    /// Group relative policy optimisation (2402.03300): rewards standardised within a prompt's responses, clipped
    /// token ratio, mean over each response's tokens, KL penalty (k3) in the loss.
    GRPO(8, 1),
    /// REINFORCE: the KL penalty is part of a response's reward, its baseline the mean of the batch's other
    /// responses; no ratio, so one pass over each batch.
    REINFORCE(1, 1);

    private final int samples;
    private final int passes;

    Algorithm(int samples, int passes) {
        this.samples = samples;
        this.passes = passes;
    }

    /// Customary responses per prompt.
    int samples() {
        return samples;
    }

    /// Customary passes over each batch.
    int passes() {
        return passes;
    }

    boolean usesValues() {
        return this == PPO;
    }

    /// Whether responses are compared with others to the same prompt.
    boolean comparesSamples() {
        return this == RLOO || this == GRPO;
    }
}
