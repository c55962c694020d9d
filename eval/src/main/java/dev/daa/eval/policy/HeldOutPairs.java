package dev.daa.eval.policy;

import dev.daa.model.score.DivergenceScorer.Scores;
import dev.daa.model.score.Sequence;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.objective.Need;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.PairLoss;
import dev.daa.train.objective.Responses;
import dev.daa.train.objective.Tokens;
import dev.daa.train.pairwise.MismatchedResponses;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a policy and its reference say of held-out pairs.
///
/// @param chosenLogRatio log π/π_ref of each chosen response, nats
/// @param rejectedLogRatio likewise
/// @param loss of the objective, all pairs as one batch; NaN without an objective
public record HeldOutPairs(double[] chosenLogRatio, double[] rejectedLogRatio, double loss) {

    /// @param objective whose loss is wanted; none where the policy was not trained on pairs
    /// @param longest tokens of the longest sequence that can be scored
    /// @param score scores under policy and reference
    public static HeldOutPairs of(
            List<PreferencePair> pairs,
            @Nullable Objective objective,
            int longest,
            Function<List<Sequence>, Scores[]> score) {
        Scores[] chosen =
                score.apply(pairs.stream().map(PreferencePair::chosenSequence).toList());
        Scores[] rejected =
                score.apply(pairs.stream().map(PreferencePair::rejectedSequence).toList());
        double loss = Double.NaN;
        if (objective != null) {
            PairBatch batch = new PairBatch(side(chosen), side(rejected));
            if (objective.needs().contains(Need.MISMATCHED)) {
                MismatchedResponses.Sequences others = MismatchedResponses.Sequences.of(pairs, longest);
                batch = new PairBatch(
                        batch.chosen().withMismatchedLogRatio(logRatios(score.apply(others.chosen()))),
                        batch.rejected().withMismatchedLogRatio(logRatios(score.apply(others.rejected()))));
            }
            PairLoss out = new PairLoss();
            objective.loss(batch, objective.initialState(), out);
            loss = out.mean();
        }
        return new HeldOutPairs(logRatios(chosen), logRatios(rejected), loss);
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

    private static Responses side(Scores[] scores) {
        int count = scores.length;
        int[] start = new int[count + 1];
        for (int i = 0; i < count; i++) {
            start[i + 1] = start[i] + scores[i].policy().length;
        }
        return Responses.of(
                        sums(scores, Scores::policy),
                        sums(scores, Scores::reference),
                        Arrays.stream(scores)
                                .mapToInt(response -> response.policy().length)
                                .toArray())
                .withTokens(new Tokens(
                        start,
                        packed(scores, start, Scores::policy),
                        packed(scores, start, Scores::reference),
                        packed(scores, start, Scores::logCollision)))
                .withForwardKl(sums(scores, Scores::forwardKl));
    }

    private static double[] logRatios(Scores[] scores) {
        return Arrays.stream(scores).mapToDouble(Scores::logRatio).toArray();
    }

    private static double[] sums(Scores[] scores, Function<Scores, float[]> value) {
        return Arrays.stream(scores)
                .mapToDouble(response -> Scores.total(value.apply(response)))
                .toArray();
    }

    private static double[] packed(Scores[] scores, int[] start, Function<Scores, float[]> value) {
        double[] packed = new double[start[scores.length]];
        for (int i = 0; i < scores.length; i++) {
            float[] tokens = value.apply(scores[i]);
            for (int t = 0; t < tokens.length; t++) {
                packed[start[i] + t] = tokens[t];
            }
        }
        return packed;
    }
}
