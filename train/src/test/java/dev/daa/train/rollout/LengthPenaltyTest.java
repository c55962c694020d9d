package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.train.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LengthPenaltyTest {
    private static final int[] LENGTHS = {3, 1, 4, 1, 5, 9, 2};
    private static final double[] SCORES = {0.5, -0.2, 0.9, 0.1, 0.7, 2.5, 0.3};

    @TempDir
    Path folder;

    private static List<Sequence> responses(int... lengths) {
        return Arrays.stream(lengths)
                .mapToObj(length -> new Sequence(new int[] {1, 2}, new int[length]))
                .toList();
    }

    /// Scores in the order of the responses, whatever these are.
    private static ResponseReward given(double... scores) {
        return (_, _) -> scores.clone();
    }

    private static double[] penalised(LengthPenalty penalty) {
        return penalty.of(given(SCORES), responses(LENGTHS), () -> false)
                .takenOff(given(SCORES))
                .score(responses(LENGTHS), () -> false);
    }

    /// NumPy: `r - np.polyfit(l, r, 1)[0] * (l - l.mean())`.
    @Test
    void aResidualIsWhatNumPySays() {
        assertThat(penalised(new LengthPenalty(0, 0, true)))
                .containsExactly(
                        new double[] {
                            0.6731394354148846,
                            0.5791274593669806,
                            0.7701454234388366,
                            0.8791274593669807,
                            0.26715141146278854,
                            0.8551753635585964,
                            0.7761334473909327
                        },
                        within(1e-12));
    }

    /// PAR's code takes 0.01 for each token beyond 300.
    @Test
    void tokensBeyondTheFreeOnesCost() {
        assertThat(penalised(new LengthPenalty(0.1, 3, false)))
                .containsExactly(new double[] {0.5, -0.2, 0.8, 0.1, 0.5, 1.9, 0.3}, within(1e-12));
    }

    @Test
    void nothingIsMeasuredWhereAllLengthsAreAlike() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LengthPenalty(0, 0, true).of(given(1, 2, 3), responses(4, 4, 4), () -> false))
                .withMessage(
                        "length_penalty.residual: found 3 responses of 4.0 tokens, expected several lengths: what a"
                                + " score owes to length cannot be told");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        -1       | 0  | false | per_token is -1.0, expected 0 (none) or a number above
        Infinity | 0  | false | per_token is Infinity, expected 0 (none) or a number above
        1        | -1 | false | free_tokens is -1, expected at least 0
        0        | 30 | false | free_tokens is 30 and length_penalty.per_token 0, expected a price of the tokens beyond
        0.1      | 0  | true  | residual is true and length_penalty.per_token 0.1, expected one of them: the one measures the price that the other gives
        """)
    void whatDoesNotGoTogetherIsRefused(double perToken, int free, boolean residual, String message) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LengthPenalty(perToken, free, residual))
                .withMessage("length_penalty." + message);
    }

    @Test
    void aLineNeedsThreeSamples() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LengthPenalty(0, 0, true).of(given(1, 2), responses(4, 5), () -> false))
                .withMessage("length_penalty.residual: found 2 responses to measure on what a score owes to length,"
                        + " expected at least 3");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LengthPenalty(0, 0, true).requireSamples(2))
                .withMessageStartingWith("centring_prompts is 2 with length_penalty.residual, expected at least 3");
        new LengthPenalty(0, 0, true).requireSamples(3);
        new LengthPenalty(0.1, 0, false).requireSamples(0);
    }

    /// Each member is measured alone, so no rule makes it up again: on the samples the mean of all is 0 and has no
    /// slope where the rule is linear, and where it is not each member has none.
    @ParameterizedTest
    @EnumSource(RewardEnsemble.Rule.class)
    void everyMemberLosesWhatItOwes(RewardEnsemble.Rule rule) throws IOException {
        Path one = TinyModels.writeReward(folder.resolve("one"), 3);
        Path other = TinyModels.writeReward(folder.resolve("other"), 4);
        List<Sequence> samples = TinyModels.examples(20, 5);
        LengthPenalty residual = new LengthPenalty(0, 0, true);
        double[] first = scores(rule, residual, samples, one);
        double[] second = scores(rule, residual, samples, other);
        double[] lengths = LengthCost.lengths(samples);
        assertThat(slope(lengths, scores(rule, LengthPenalty.NONE, samples, one)))
                .isNotCloseTo(0, within(1e-3));
        assertThat(slope(lengths, first)).isCloseTo(0, within(1e-9));
        assertThat(Arrays.stream(first).sum()).isCloseTo(0, within(1e-9));
        double[] combined = IntStream.range(0, samples.size())
                .mapToDouble(i -> RewardEnsemble.combine(rule, 0.5, new double[] {first[i], second[i]}))
                .toArray();
        double mean = rule == RewardEnsemble.Rule.MEAN
                ? 0
                : Arrays.stream(combined).average().orElseThrow();
        assertThat(scores(rule, residual, samples, one, other))
                .containsExactly(
                        Arrays.stream(combined).map(score -> score - mean).toArray(), within(1e-9));
    }

    private static double slope(double[] lengths, double[] scores) {
        return LengthCost.owed(lengths, scores).perToken();
    }

    private static double[] scores(
            RewardEnsemble.Rule rule, LengthPenalty penalty, List<Sequence> samples, Path... models) {
        RewardFolders rewards = RewardFolders.open(
                List.of(models), ModelFolder.open(models[0]), rule, 0.5, new LowerConfidence(0, null, 1), penalty);
        assertThat(rewards.needsSamples()).isEqualTo(penalty.residual() || rule.needsCentring(models.length));
        try (Backend backend = Backend.open("cpu", 1);
                ResponseReward reward = rewards.reward(backend, 20, samples, () -> false)) {
            return reward.score(samples, () -> false);
        }
    }
}
