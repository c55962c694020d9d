package dev.daa.train.pairwise;

import dev.daa.train.objective.PairLoss;
import dev.daa.train.run.Metrics;

/// Sums over the responses of one optimizer step, and the metrics that they become, under TRL's names where they mean
/// the same: `scored_tokens` are the step's, TRL's `num_tokens` those of the run so far. A side without responses has
/// no metrics, and responses without partners have no accuracy.
final class StepTotals {
    private double loss;
    private double chosenRatio;
    private double rejectedRatio;
    private double chosenLogProb;
    private double rejectedLogProb;
    private double correct;
    private double entropy;
    private long tokens;
    private long chosenCount;
    private long rejectedCount;
    private long pairs;
    private long lossTerms;

    void addEntropy(float[] entropies, int count) {
        for (int i = 0; i < count; i++) {
            entropy += entropies[i];
        }
        tokens += count;
    }

    /// @param paired chosen i and rejected i answer the same prompt
    void add(PairLoss losses, ResponseSide chosen, ResponseSide rejected, boolean paired) {
        for (int term = 0; term < losses.count(); term++) {
            loss += losses.loss()[term];
        }
        lossTerms += losses.count();
        for (int i = 0; i < chosen.count(); i++) {
            chosenRatio += chosen.refLogRatio(i);
            chosenLogProb += chosen.policy(i);
        }
        for (int i = 0; i < rejected.count(); i++) {
            rejectedRatio += rejected.refLogRatio(i);
            rejectedLogProb += rejected.policy(i);
        }
        chosenCount += chosen.count();
        rejectedCount += rejected.count();
        if (paired) {
            for (int i = 0; i < chosen.count(); i++) {
                double margin = chosen.refLogRatio(i) - rejected.refLogRatio(i);
                correct += margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
            }
            pairs += chosen.count();
        }
    }

    /// Mean over the loss terms so far.
    double loss() {
        return loss / lossTerms;
    }

    Metrics metrics(int step, double beta, float gradientNorm, float learningRate) {
        Metrics metrics = Metrics.at(step)
                .with("loss", loss())
                .with("grad_norm", gradientNorm)
                .with("learning_rate", learningRate);
        if (chosenCount > 0) {
            metrics.with("rewards/chosen", beta * chosenRatio / chosenCount);
        }
        if (rejectedCount > 0) {
            metrics.with("rewards/rejected", beta * rejectedRatio / rejectedCount);
        }
        if (chosenCount > 0 && rejectedCount > 0) {
            metrics.with("rewards/margins", beta * (chosenRatio / chosenCount - rejectedRatio / rejectedCount));
        }
        if (pairs > 0) {
            metrics.with("rewards/accuracies", correct / pairs);
        }
        if (chosenCount > 0) {
            metrics.with("logps/chosen", chosenLogProb / chosenCount)
                    .with("logratios/chosen", chosenRatio / chosenCount);
        }
        if (rejectedCount > 0) {
            metrics.with("logps/rejected", rejectedLogProb / rejectedCount)
                    .with("logratios/rejected", rejectedRatio / rejectedCount);
        }
        return metrics.with("entropy", entropy / tokens).with("scored_tokens", tokens);
    }
}
