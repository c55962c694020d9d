package dev.daa.train.ppo;

import dev.daa.train.rollout.Rollout;
import dev.daa.train.run.Metrics;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What the passes over a batch of responses measured.
final class PassTotals {
    private final PolicyLoss.Totals policy = new PolicyLoss.Totals();
    private int passes;
    private double entropy;
    private long tokens;
    private double norm;
    private int updates;
    private double imitation;
    private int imitations;
    private double valueLoss;
    private double valueNorm;
    private int valueUpdates;

    /// Adds the policy's terms of a pass.
    void addPass(PolicyLoss.Totals ofPass) {
        policy.add(ofPass);
        passes++;
    }

    /// Adds the entropies of some tokens.
    ///
    /// @param sum in nats
    void addEntropy(double sum, int count) {
        entropy += sum;
        tokens += count;
    }

    /// Adds an update of the policy.
    void addUpdate(float gradientNorm) {
        norm += gradientNorm;
        updates++;
    }

    /// Adds an update's negative log-likelihood per token of demonstrations.
    void addImitation(double loss) {
        imitation += loss;
        imitations++;
    }

    /// Adds an update of the value network.
    void addValueUpdate(double loss, float gradientNorm) {
        valueLoss += loss;
        valueNorm += gradientNorm;
        valueUpdates++;
    }

    /// Sum over the updates of the value network.
    double valueLoss() {
        return valueLoss;
    }

    private static double mean(double sum, int count) {
        return count == 0 ? 0 : sum / count;
    }

    /// Means over updates, tokens, ratios and responses. Loss and norm are the value network's where the policy was
    /// not updated, 0 where nothing was.
    ///
    /// @param coefficient of the penalty in this step
    /// @param chiSquare null where the penalty is one of KL
    Metrics metrics(int step, float learningRate, double coefficient, Rollout rollout, @Nullable ChiSquare chiSquare) {
        double score = Arrays.stream(rollout.score()).average().orElseThrow();
        double kl = rollout.kl();
        double penalty = coefficient * (chiSquare == null ? kl : chiSquare.root());
        double stopped = 0;
        for (boolean ended : rollout.stopped()) {
            stopped += ended ? 1 : 0;
        }
        boolean updated = updates > 0;
        Metrics metrics = Metrics.at(step)
                .with("loss", updated ? policy.loss() / updates : mean(valueLoss, valueUpdates))
                .with("grad_norm", updated ? norm / updates : mean(valueNorm, valueUpdates))
                .with("learning_rate", learningRate)
                .with("objective/kl", kl)
                .with("objective/scores", score)
                .with("objective/non_score_reward", -penalty)
                .with("objective/rlhf_reward", score - penalty)
                .with("objective/kl_coefficient", coefficient)
                .with("rollout/length", (double) rollout.tokens() / rollout.size())
                .with("rollout/stopped", stopped / rollout.size())
                .with("policy/passes", passes);
        if (chiSquare != null) {
            metrics.with("objective/chi2", chiSquare.value()).with("objective/chi2_se", chiSquare.standardError());
        }
        if (updated) {
            metrics.with("policy/entropy_avg", entropy / tokens)
                    .with("policy/approxkl_avg", policy.approxKl())
                    .with("policy/clipfrac_avg", policy.clipFraction())
                    .with("val/ratio", policy.ratioMean())
                    .with("val/ratio_var", policy.ratioVariance());
        }
        if (imitations > 0) {
            metrics.with("objective/ptx_loss", imitation / imitations);
        }
        if (valueUpdates > 0) {
            metrics.with("loss/value_avg", valueLoss / valueUpdates).with("val/grad_norm", valueNorm / valueUpdates);
        }
        return metrics;
    }
}
