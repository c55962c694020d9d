package dev.daa.eval.study.stage;

import dev.daa.eval.record.Evaluation;
import dev.daa.train.run.Metrics;

/// What is measured at a checkpoint, among the metrics of its step.
public final class MeasuredMetrics {
    private MeasuredMetrics() {}

    /// Adds what the evaluation has.
    ///
    /// @return the metrics that it was given
    public static Metrics add(Metrics metrics, Evaluation evaluation) {
        if (!evaluation.rewards().proxy().isMissing()) {
            metrics.with("proxy/reward", evaluation.rewards().proxy().mean())
                    .with("proxy/reward_se", evaluation.rewards().proxy().standardError());
        }
        metrics.with("gold/reward", evaluation.rewards().gold().mean())
                .with("gold/reward_se", evaluation.rewards().gold().standardError())
                .with("gold/win_rate", evaluation.rewards().winRate().mean())
                .with("kl/exact", evaluation.kl().exact().mean())
                .with("kl/exact_se", evaluation.kl().exact().standardError())
                .with("kl/k1", evaluation.kl().k1().mean())
                .with("kl/k3", evaluation.kl().k3().mean())
                .with("response/length", evaluation.responses().length().mean())
                .with("eval/rewards/accuracies", evaluation.heldOut().accuracy());
        if (!evaluation.rewards().exactGold().isMissing()) {
            metrics.with("gold/exact", evaluation.rewards().exactGold().mean());
        }
        return Double.isNaN(evaluation.heldOut().loss())
                ? metrics
                : metrics.with("eval/loss", evaluation.heldOut().loss());
    }
}
