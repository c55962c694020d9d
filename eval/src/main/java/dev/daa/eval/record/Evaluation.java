package dev.daa.eval.record;

import dev.daa.eval.gold.Concordance;

/// What was measured at a checkpoint, on samples of the policy at temperature 1 for held-out prompts unless said
/// otherwise. Errors are standard errors over prompts. NaN, or 0 for counts, where something was not measured.
public record Evaluation(Kl kl, Rewards rewards, HeldOut heldOut, Responses responses) {
    /// The same without what a reward model says.
    Evaluation withoutProxy() {
        Rewards same = new Rewards(
                rewards.gold,
                rewards.exactGold,
                rewards.winRate,
                rewards.winRateSft,
                rewards.implicit,
                Estimate.MISSING,
                Concordance.MISSING,
                rewards.frontierShare);
        return new Evaluation(kl, same, heldOut, responses);
    }

    /// How far the policy is from its reference, nats per response.
    ///
    /// @param exact per-token KL(π‖π_ref) summed along sampled responses
    /// @param k1 the k1 estimate of the same
    /// @param k3 the k3 estimate of the same
    /// @param forward KL(π_ref‖π) on reference samples
    public record Kl(Estimate exact, Estimate k1, Estimate k3, Estimate forward) {
        /// Nothing but the exact KL.
        public static Kl of(Estimate exact) {
            return new Kl(exact, Estimate.MISSING, Estimate.MISSING, Estimate.MISSING);
        }
    }

    /// What the policy's responses are worth.
    ///
    /// @param gold gold reward, which no training signal sees
    /// @param exactGold the world's formula, where `gold` is a reward model trained on it
    /// @param winRate share of gold comparisons won against the reference responses, ties ½
    /// @param winRateSft the same against samples of the SFT policy
    /// @param implicit β·log π/π_ref: the proxy reward of a DAA
    /// @param proxy score of the trained reward model, 0 on average for the SFT policy
    /// @param agreement how the reward model orders pairs of the policy's responses to the same prompt
    /// @param frontierShare (gold − SFT's gold) / (best attainable gold at this KL − SFT's gold)
    public record Rewards(
            Estimate gold,
            Estimate exactGold,
            Estimate winRate,
            Estimate winRateSft,
            Estimate implicit,
            Estimate proxy,
            Concordance agreement,
            double frontierShare) {
        /// Nothing but gold and what a reward model says.
        public static Rewards of(Estimate gold, Estimate proxy, Concordance agreement) {
            return new Rewards(
                    gold,
                    Estimate.MISSING,
                    Estimate.MISSING,
                    Estimate.MISSING,
                    Estimate.MISSING,
                    proxy,
                    agreement,
                    Double.NaN);
        }
    }

    /// What the policy says of held-out pairs.
    ///
    /// @param accuracy share whose chosen response has the greater implicit reward
    /// @param loss the objective
    /// @param chosenLogRatio mean log π/π_ref of chosen responses, nats
    /// @param rejectedLogRatio mean log π/π_ref of rejected responses, nats
    public record HeldOut(double accuracy, double loss, double chosenLogRatio, double rejectedLogRatio) {
        public static final HeldOut MISSING = new HeldOut(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    /// What the policy's responses are like.
    ///
    /// @param prompts held-out prompts
    /// @param samples responses, over all prompts
    /// @param length tokens per response, `<eos>` included
    /// @param entropy of the next token, nats, mean over sampled tokens
    /// @param topEntropy of the ten likeliest next tokens among themselves, nats, mean over sampled tokens
    /// @param topMass their share of the probability
    /// @param violations broken rules per response
    /// @param sentiment sentiment sum per response
    public record Responses(
            int prompts,
            int samples,
            Estimate length,
            double entropy,
            double topEntropy,
            double topMass,
            double violations,
            double sentiment) {
        /// Nothing but how many.
        public static Responses of(int prompts) {
            return new Responses(
                    prompts, prompts, Estimate.MISSING, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }
    }
}
