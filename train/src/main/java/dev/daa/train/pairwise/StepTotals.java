package dev.daa.train.pairwise;

import dev.daa.train.objective.PairLoss;
import dev.daa.train.run.Metrics;

/// Sums over the pairs of one optimizer step, and the metrics that they become, under TRL's names.
final class StepTotals {
    private double loss;
    private double chosenRatio;
    private double rejectedRatio;
    private double chosenLogProb;
    private double rejectedLogProb;
    private double correct;
    private double entropy;
    private long tokens;
    private long pairs;
    private long lossTerms;

    void addEntropy(float[] entropies, int count) {
        for (int i = 0; i < count; i++) {
            entropy += entropies[i];
        }
        tokens += count;
    }

    void addPairs(PairLoss losses, ResponseSide chosen, ResponseSide rejected, int count) {
        for (int term = 0; term < losses.count(); term++) {
            loss += losses.loss()[term];
        }
        lossTerms += losses.count();
        for (int i = 0; i < count; i++) {
            double margin = chosen.refLogRatio(i) - rejected.refLogRatio(i);
            chosenRatio += chosen.refLogRatio(i);
            rejectedRatio += rejected.refLogRatio(i);
            chosenLogProb += chosen.policy(i);
            rejectedLogProb += rejected.policy(i);
            correct += margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
        }
        pairs += count;
    }

    /// Mean over the loss terms so far.
    double loss() {
        return loss / lossTerms;
    }

    Metrics metrics(int step, double beta, float gradientNorm, float learningRate) {
        return Metrics.at(step)
                .with("loss", loss())
                .with("grad_norm", gradientNorm)
                .with("learning_rate", learningRate)
                .with("rewards/chosen", beta * chosenRatio / pairs)
                .with("rewards/rejected", beta * rejectedRatio / pairs)
                .with("rewards/margins", beta * (chosenRatio - rejectedRatio) / pairs)
                .with("rewards/accuracies", correct / pairs)
                .with("logps/chosen", chosenLogProb / pairs)
                .with("logps/rejected", rejectedLogProb / pairs)
                .with("logratios/chosen", chosenRatio / pairs)
                .with("logratios/rejected", rejectedRatio / pairs)
                .with("entropy", entropy / tokens)
                .with("num_tokens", tokens);
    }
}
