package dev.daa.eval.report;

import org.jspecify.annotations.Nullable;

/// One evaluated checkpoint: a row of `points.csv`.
///
/// A study also has one point per size and seed for the policy that training starts from: objective [#SFT], no β, step
/// and fraction 0, KL 0.
///
/// @param cell which run of the grid
/// @param step optimiser updates done
/// @param fraction share of the run's training done, 0 to 1
/// @param evaluation what was measured there
public record Point(Cell cell, int step, double fraction, Evaluation evaluation) {
    /// The objective of the points that training starts from.
    public static final String SFT = "sft";

    /// A run of the grid.
    ///
    /// @param run name of the run's folder under `runs/`
    /// @param method how the policy came from the SFT policy
    /// @param objective `dpo`, `ipo`, …, `ppo`, `best-of-n`, or [#SFT]
    /// @param beta β of the objective, the KL coefficient of reinforcement; NaN where it has none
    /// @param size label of the model size
    /// @param parameters number of weights of that size; 0 where not recorded
    /// @param seed the run's seed
    /// @param proxy name of the reward model that it optimises; empty for none
    /// @param regime where it stands between offline and online; null where not recorded
    public record Cell(
            String run,
            Method method,
            String objective,
            double beta,
            String size,
            long parameters,
            long seed,
            String proxy,
            @Nullable Regime regime) {
        /// A run of direct alignment, or the start.
        public Cell(String run, String objective, double beta, String size, long parameters, long seed) {
            this(
                    run,
                    objective.equals(Point.SFT) ? Method.SFT : Method.DIRECT,
                    objective,
                    beta,
                    size,
                    parameters,
                    seed,
                    "",
                    null);
        }
    }

    /// What was measured at a checkpoint, on samples of the policy at temperature 1 for held-out prompts unless
    /// said otherwise. Errors are standard errors over prompts. NaN, or 0 for counts, where something was not
    /// measured.
    ///
    /// @param kl exact per-token KL(π‖π_ref) summed along sampled responses, nats per response
    /// @param klK1 the k1 estimate of the same KL
    /// @param klK3 the k3 estimate of the same KL
    /// @param forwardKl KL(π_ref‖π) on reference samples, nats per response
    /// @param gold gold reward, which no training signal sees
    /// @param winRate share of gold comparisons won against the reference responses, ties ½
    /// @param winRateSft the same against samples of the SFT policy
    /// @param implicitReward β·log π/π_ref of the policy's own samples: the proxy reward of a DAA
    /// @param proxyReward score of the trained reward model, 0 on average for the SFT policy
    /// @param proxyAgreement share of pairs of the policy's responses to the same prompt that the reward model
    ///   orders as the gold reward does
    /// @param length tokens per response, `<eos>` included
    /// @param implicitAccuracy share of held-out pairs whose chosen response has the greater implicit reward
    /// @param loss the objective on held-out pairs
    /// @param chosenLogRatio mean log π/π_ref of held-out chosen responses, nats
    /// @param rejectedLogRatio mean log π/π_ref of held-out rejected responses, nats
    /// @param entropy of the next token, nats, mean over sampled tokens
    /// @param violations broken rules per response
    /// @param sentiment sentiment sum per response
    /// @param frontierShare (gold − SFT's gold) / (best attainable gold at this KL − SFT's gold)
    /// @param prompts held-out prompts
    /// @param samples responses, over all prompts
    /// @param exactGold the world's formula, where `gold` is a reward model trained on it
    /// @param topTokens of the next-token distributions along the samples
    public record Evaluation(
            Estimate kl,
            Estimate klK1,
            Estimate klK3,
            Estimate forwardKl,
            Estimate gold,
            Estimate winRate,
            Estimate winRateSft,
            Estimate implicitReward,
            Estimate proxyReward,
            double proxyAgreement,
            Estimate length,
            double implicitAccuracy,
            double loss,
            double chosenLogRatio,
            double rejectedLogRatio,
            double entropy,
            double violations,
            double sentiment,
            double frontierShare,
            int prompts,
            int samples,
            Estimate exactGold,
            TopTokens topTokens) {
        /// The same with what was measured of the likeliest tokens.
        public Evaluation withTopTokens(TopTokens measured) {
            return new Evaluation(
                    kl,
                    klK1,
                    klK3,
                    forwardKl,
                    gold,
                    winRate,
                    winRateSft,
                    implicitReward,
                    proxyReward,
                    proxyAgreement,
                    length,
                    implicitAccuracy,
                    loss,
                    chosenLogRatio,
                    rejectedLogRatio,
                    entropy,
                    violations,
                    sentiment,
                    frontierShare,
                    prompts,
                    samples,
                    exactGold,
                    measured);
        }

        /// What was measured without an exact gold beside the gold and without likeliest tokens.
        public Evaluation(
                Estimate kl,
                Estimate klK1,
                Estimate klK3,
                Estimate forwardKl,
                Estimate gold,
                Estimate winRate,
                Estimate winRateSft,
                Estimate implicitReward,
                Estimate proxyReward,
                double proxyAgreement,
                Estimate length,
                double implicitAccuracy,
                double loss,
                double chosenLogRatio,
                double rejectedLogRatio,
                double entropy,
                double violations,
                double sentiment,
                double frontierShare,
                int prompts,
                int samples) {
            this(
                    kl,
                    klK1,
                    klK3,
                    forwardKl,
                    gold,
                    winRate,
                    winRateSft,
                    implicitReward,
                    proxyReward,
                    proxyAgreement,
                    length,
                    implicitAccuracy,
                    loss,
                    chosenLogRatio,
                    rejectedLogRatio,
                    entropy,
                    violations,
                    sentiment,
                    frontierShare,
                    prompts,
                    samples,
                    Estimate.MISSING,
                    TopTokens.MISSING);
        }
    }

    /// How a policy spreads over its likeliest next tokens, mean over sampled tokens; NaN where not measured.
    ///
    /// @param entropy of the ten likeliest tokens among themselves, nats
    /// @param mass their share of the probability
    public record TopTokens(double entropy, double mass) {
        public static final TopTokens MISSING = new TopTokens(Double.NaN, Double.NaN);
    }

    public boolean isStart() {
        return cell.objective.equals(SFT);
    }

    /// d = √KL in nats^½, the scaling laws' axis; an estimate below 0 counts as 0.
    public double distance() {
        return Math.sqrt(Math.max(0, evaluation.kl.mean()));
    }

    public Estimate kl() {
        return evaluation.kl;
    }

    public Estimate gold() {
        return evaluation.gold;
    }

    public Estimate winRate() {
        return evaluation.winRate;
    }

    public Estimate implicitReward() {
        return evaluation.implicitReward;
    }
}
