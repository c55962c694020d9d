package dev.daa.eval.policy;

import dev.daa.model.score.DivergenceScorer.Scores;
import dev.daa.model.score.Sequence;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.objective.Need;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.Responses;
import dev.daa.train.objective.Tokens;
import dev.daa.train.pairwise.MismatchedResponses;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Scores the same held-out pairs again and again, under a policy that learns and a reference that stays. The
/// reference's log-probs are kept from the first time; from then on the policy alone is asked, unless the objective
/// reads whole distributions.
public final class HeldOutScorer {
    /// What log-probs of the pairs' own responses do not tell.
    private static final Set<Need> BEYOND_LOG_PROBS =
            EnumSet.of(Need.TOKEN_COLLISION, Need.FORWARD_KL, Need.MISMATCHED);

    private static final double[] NONE = {};

    private final List<PreferencePair> pairs;
    private final List<Sequence> chosen;
    private final List<Sequence> rejected;
    private final int longest;
    private final Scorer<Scores[]> both;
    private final Scorer<float[][]> policy;
    private float @Nullable [][] chosenReference;
    private float @Nullable [][] rejectedReference;

    /// Scores sequences, in their order.
    @FunctionalInterface
    public interface Scorer<T> {
        /// Stops with a [java.util.concurrent.CancellationException] once `cancelled` says so.
        T score(List<Sequence> sequences, BooleanSupplier cancelled);
    }

    /// @param longest tokens of the longest sequence that can be scored
    /// @param both what policy and reference say
    /// @param policy log π(y_t | x, y_<t) under the policy alone, nats: the same numbers
    public HeldOutScorer(List<PreferencePair> pairs, int longest, Scorer<Scores[]> both, Scorer<float[][]> policy) {
        this.pairs = pairs;
        this.longest = longest;
        this.both = both;
        this.policy = policy;
        chosen = pairs.stream().map(PreferencePair::chosenSequence).toList();
        rejected = pairs.stream().map(PreferencePair::rejectedSequence).toList();
    }

    /// @param objective whose loss is wanted; none where the policy was not trained on pairs
    public HeldOutPairs score(@Nullable Objective objective, BooleanSupplier cancelled) {
        boolean logProbsSuffice =
                objective == null || objective.needs().stream().noneMatch(BEYOND_LOG_PROBS::contains);
        if (chosenReference != null && rejectedReference != null && logProbsSuffice) {
            return HeldOutPairs.of(
                    new PairBatch(
                            responses(policy.score(chosen, cancelled), chosenReference, NONE),
                            responses(policy.score(rejected, cancelled), rejectedReference, NONE)),
                    objective);
        }
        Scores[] ofChosen = both.score(chosen, cancelled);
        Scores[] ofRejected = both.score(rejected, cancelled);
        chosenReference = each(ofChosen, Scores::reference);
        rejectedReference = each(ofRejected, Scores::reference);
        PairBatch batch = new PairBatch(responses(ofChosen), responses(ofRejected));
        if (objective != null && objective.needs().contains(Need.MISMATCHED)) {
            MismatchedResponses.Sequences others = MismatchedResponses.Sequences.of(pairs, longest + 1);
            batch = new PairBatch(
                    batch.chosen().withMismatchedLogRatio(logRatios(both.score(others.chosen(), cancelled))),
                    batch.rejected().withMismatchedLogRatio(logRatios(both.score(others.rejected(), cancelled))));
        }
        return HeldOutPairs.of(batch, objective);
    }

    private static Responses responses(Scores[] scores) {
        return responses(
                        each(scores, Scores::policy),
                        each(scores, Scores::reference),
                        packed(each(scores, Scores::logCollision)))
                .withForwardKl(sums(each(scores, Scores::forwardKl)));
    }

    private static Responses responses(float[][] policy, float[][] reference, double[] collision) {
        int[] start = new int[policy.length + 1];
        for (int i = 0; i < policy.length; i++) {
            start[i + 1] = start[i] + policy[i].length;
        }
        int[] lengths = Arrays.stream(policy).mapToInt(tokens -> tokens.length).toArray();
        return Responses.of(sums(policy), sums(reference), lengths)
                .withTokens(new Tokens(start, packed(policy), packed(reference), collision));
    }

    private static float[][] each(Scores[] scores, Function<Scores, float[]> value) {
        return Arrays.stream(scores).map(value).toArray(float[][]::new);
    }

    private static double[] logRatios(Scores[] scores) {
        return Arrays.stream(scores).mapToDouble(Scores::logRatio).toArray();
    }

    private static double[] sums(float[][] tokens) {
        return Arrays.stream(tokens).mapToDouble(Scores::total).toArray();
    }

    private static double[] packed(float[][] tokens) {
        double[] packed =
                new double[Arrays.stream(tokens).mapToInt(row -> row.length).sum()];
        int at = 0;
        for (float[] row : tokens) {
            for (float value : row) {
                packed[at++] = value;
            }
        }
        return packed;
    }
}
