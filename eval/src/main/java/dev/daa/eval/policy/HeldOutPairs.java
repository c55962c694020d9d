package dev.daa.eval.policy;

import dev.daa.train.objective.Objective;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.PairLoss;
import dev.daa.train.objective.Responses;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What a policy and its reference say of held-out pairs.
///
/// @param chosenLogRatio log π/π_ref of each chosen response, nats
/// @param rejectedLogRatio likewise
/// @param loss of the objective, all pairs as one batch; NaN without an objective
public record HeldOutPairs(double[] chosenLogRatio, double[] rejectedLogRatio, double loss) {

    /// @param pairs what both models say of them
    /// @param objective whose loss is wanted; none where the policy was not trained on pairs
    static HeldOutPairs of(PairBatch pairs, @Nullable Objective objective) {
        double loss = Double.NaN;
        if (objective != null) {
            PairLoss out = new PairLoss();
            objective.loss(pairs, objective.initialState(), out);
            loss = out.mean();
        }
        return new HeldOutPairs(logRatios(pairs.chosen()), logRatios(pairs.rejected()), loss);
    }

    private static double[] logRatios(Responses responses) {
        double[] logRatios = new double[responses.count()];
        Arrays.setAll(logRatios, i -> responses.policy()[i] - responses.reference()[i]);
        return logRatios;
    }

    /// Share of pairs whose chosen response has the greater implicit reward, ties ½.
    public double accuracy() {
        double correct = 0;
        for (int i = 0; i < chosenLogRatio.length; i++) {
            correct += chosenLogRatio[i] > rejectedLogRatio[i] ? 1 : chosenLogRatio[i] == rejectedLogRatio[i] ? 0.5 : 0;
        }
        return correct / chosenLogRatio.length;
    }

    /// Mean log-ratio of the chosen responses.
    public double meanChosen() {
        return Arrays.stream(chosenLogRatio).average().orElseThrow();
    }

    /// Mean log-ratio of the rejected responses.
    public double meanRejected() {
        return Arrays.stream(rejectedLogRatio).average().orElseThrow();
    }
}
