package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.train.TinyModels;
import dev.daa.train.rollout.RewardEnsemble.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RewardFoldersTest {
    private static final List<Sequence> SAMPLES = TinyModels.examples(20, 5);

    @TempDir
    Path folder;

    private static double[] score(Rule rule, List<Sequence> samples, Path... models) {
        RewardFolders rewards = RewardFolders.open(
                List.of(models), ModelFolder.open(models[0]), rule, 0.5, new LowerConfidence(0, null, 1));
        try (Backend backend = Backend.open("cpu", 1);
                ResponseReward reward = rewards.reward(backend, 20, samples, () -> false)) {
            return reward.score(SAMPLES, () -> false);
        }
    }

    private static double[] centred(double[] scores) {
        double mean = Arrays.stream(scores).average().orElseThrow();
        return Arrays.stream(scores).map(score -> score - mean).toArray();
    }

    /// Each member is centred, and what they become: the mean of the least of two centred scores is below 0.
    @ParameterizedTest
    @EnumSource(Rule.class)
    void theReferenceScoresZeroOnAverage(Rule rule) throws IOException {
        Path one = TinyModels.writeReward(folder.resolve("one"), 3);
        Path other = TinyModels.writeReward(folder.resolve("other"), 4);
        double[] first = centred(score(rule, List.of(), one));
        double[] second = centred(score(rule, List.of(), other));
        double[] expected = new double[first.length];
        for (int i = 0; i < expected.length; i++) {
            double half = (first[i] - second[i]) / 2;
            expected[i] = switch (rule) {
                case MEAN -> (first[i] + second[i]) / 2;
                case WORST_CASE -> Math.min(first[i], second[i]);
                case UNCERTAINTY -> (first[i] + second[i]) / 2 - 0.5 * half * half;
            };
        }
        assertThat(score(rule, SAMPLES, one, other)).containsExactly(centred(expected), within(1e-6));
    }
}
