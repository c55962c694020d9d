package dev.daa.eval.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.model.score.DivergenceScorer.Scores;
import dev.daa.model.score.Sequence;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HeldOutScorerTest {
    private static final int LONGEST = 8;

    /// Prompt 1: chosen has log-ratio 1 and KL 0.3, rejected −0.5 and KL 0.9. Prompt 2: chosen −2, rejected 0.5.
    private static final List<PreferencePair> PAIRS = List.of(
            new PreferencePair(new int[] {1}, new int[] {3, 4}, new int[] {5}),
            new PreferencePair(new int[] {2}, new int[] {6}, new int[] {7, 8}));

    private static HeldOutScorer scorer(List<PreferencePair> pairs) {
        return new HeldOutScorer(
                pairs,
                LONGEST,
                (sequences, _) ->
                        sequences.stream().map(HeldOutScorerTest::score).toArray(Scores[]::new),
                (sequences, _) -> sequences.stream()
                        .map(sequence -> score(sequence).policy())
                        .toArray(float[][]::new));
    }

    /// Scored twice: the second time the reference is known.
    private static HeldOutPairs of(@Nullable Objective objective, List<PreferencePair> pairs) {
        HeldOutScorer scorer = scorer(pairs);
        HeldOutPairs first = scorer.score(objective, () -> false);
        HeldOutPairs second = scorer.score(objective, () -> false);
        assertThat(second.chosenLogRatio()).isEqualTo(first.chosenLogRatio());
        assertThat(second.rejectedLogRatio()).isEqualTo(first.rejectedLogRatio());
        assertThat(second.loss()).isEqualTo(Double.valueOf(first.loss()));
        return second;
    }

    private static HeldOutPairs of(String name, Map<String, Object> parameters) {
        return of(Objectives.create(name, parameters), PAIRS.subList(0, 1));
    }

    private static Scores score(Sequence sequence) {
        return switch (sequence.prompt()[0] * 10 + sequence.response()[0]) {
            case 13 -> scores(new float[] {-1, -2}, new float[] {-1.5f, -2.5f}, new float[] {0.1f, 0.2f}, -0.5f);
            case 15 -> scores(new float[] {-2}, new float[] {-1.5f}, new float[] {0.9f}, -1);
            case 26 -> scores(new float[] {-3}, new float[] {-1}, new float[] {0.5f}, -1);
            case 27 -> scores(new float[] {-1, -1}, new float[] {-1, -1.5f}, new float[] {0, 0}, -1);
            // Prompt 1 with the responses of prompt 2, and the other way round: log-ratios 0.2, 0.4, 0.6 and 0.8.
            case 16 -> mismatched(0.2f);
            case 17 -> mismatched(0.4f);
            case 23 -> mismatched(0.6f);
            case 25 -> mismatched(0.8f);
            default -> throw new AssertionError(sequence);
        };
    }

    private static Scores mismatched(float logRatio) {
        return scores(new float[] {logRatio}, new float[] {0}, new float[] {0}, 0);
    }

    private static Scores scores(float[] policy, float[] reference, float[] forwardKl, float logCollision) {
        float[] none = new float[policy.length];
        float[] collision = new float[policy.length];
        Arrays.fill(collision, logCollision);
        return new Scores(policy, reference, none, forwardKl, none, collision, none, none);
    }

    private static double minusLogSigmoid(double x) {
        return Math.log1p(Math.exp(-x));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @Test
    void meansAndAccuracyAreOverPairs() {
        HeldOutPairs pairs = of((Objective) null, PAIRS);
        assertThat(pairs.accuracy()).isEqualTo(0.5);
        assertThat(pairs.meanChosen()).isEqualTo(-0.5);
        assertThat(pairs.meanRejected()).isEqualTo(0);
        assertThat(pairs.loss()).isNaN();
    }

    @Test
    void lossReadsSequences() {
        HeldOutPairs pairs = of(Objectives.create("dpo", Map.of("beta", 0.5)), PAIRS);
        assertThat(pairs.loss())
                .isCloseTo((minusLogSigmoid(0.5 * 1.5) + minusLogSigmoid(0.5 * -2.5)) / 2, within(1e-6));
    }

    @Test
    void lossReadsForwardKl() {
        assertThat(of("tdpo2", Map.of("beta", 0.5, "tdpo_alpha", 0.25)).loss())
                .isCloseTo(minusLogSigmoid(0.5 * (1.5 - 0.25 * (0.9 - 0.3))), within(1e-6));
    }

    @Test
    void lossReadsTokens() {
        // Weight exp(mean −1.5 − (−0.5)) · exp(−2 − (−1)).
        assertThat(of("wpo", Map.of("beta", 0.5, "wpo_alignment", "sampled")).loss())
                .isCloseTo(Math.exp(-2) * minusLogSigmoid(0.5 * 1.5), within(1e-6));
    }

    @Test
    void lossReadsResponsesToOtherPrompts() {
        double loss = of(Objectives.create("kto", Map.of("beta", 0.5, "reference_point", "mismatched")), PAIRS)
                .loss();
        double z = (0.2 + 0.4 + 0.6 + 0.8) / 4;
        assertThat(loss)
                .isCloseTo(
                        (sigmoid(-0.5 * (1 - z))
                                        + sigmoid(-0.5 * (-2 - z))
                                        + sigmoid(-0.5 * (z + 0.5))
                                        + sigmoid(-0.5 * (z - 0.5)))
                                / 4,
                        within(1e-6));
    }

    @Test
    void theReferenceIsAskedOnce() {
        List<Integer> both = new ArrayList<>();
        List<Integer> policy = new ArrayList<>();
        HeldOutScorer scorer = new HeldOutScorer(
                PAIRS,
                LONGEST,
                (sequences, _) -> {
                    both.add(sequences.size());
                    return sequences.stream().map(HeldOutScorerTest::score).toArray(Scores[]::new);
                },
                (sequences, _) -> {
                    policy.add(sequences.size());
                    return sequences.stream().map(sequence -> new float[] {-7}).toArray(float[][]::new);
                });
        scorer.score(null, () -> false);
        HeldOutPairs moved = scorer.score(null, () -> false);
        assertThat(both).containsExactly(2, 2);
        assertThat(policy).containsExactly(2, 2);
        assertThat(moved.chosenLogRatio()).containsExactly(-7 - -4.0, -7 - -1.0);
    }

    @Test
    void everyObjectiveHasAHeldOutLoss() {
        assertThat(Objectives.all())
                .allSatisfy(descriptor -> assertThat(of(Objectives.create(descriptor.name(), Map.of()), PAIRS)
                                .loss())
                        .isFinite());
    }
}
