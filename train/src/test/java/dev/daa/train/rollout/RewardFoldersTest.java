package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.WordLevelTokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.TinyModels;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.rollout.RewardEnsemble.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RewardFoldersTest {
    private static final List<Sequence> SAMPLES = TinyModels.examples(20, 5);

    @TempDir
    Path folder;

    private static double[] score(Rule rule, List<Sequence> samples, Path... models) {
        RewardFolders rewards = RewardFolders.open(
                List.of(models),
                ModelFolder.open(models[0]),
                rule,
                0.5,
                new LowerConfidence(0, null, 1),
                LengthPenalty.NONE);
        try (Backend backend = Backend.open("cpu", 1);
                ResponseReward reward = rewards.reward(backend, 20, samples, () -> false)) {
            return reward.score(SAMPLES, () -> false);
        }
    }

    /// transformers: `(token_indices * (input_ids != pad_token_id)).argmax(-1)`. A model of daa names no padding.
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.7})
    void aForeignModelScoresTheLastTokenThatIsNotPadding(double factor) throws IOException {
        Path own = TinyModels.writeReward(folder.resolve("own"), 3);
        Path foreign = TinyModels.writeReward(folder.resolve("foreign"), 3);
        Path config = foreign.resolve("config.json");
        Files.writeString(
                config, Files.readString(config).replaceFirst("\"pad_token_id\" *: *null", "\"pad_token_id\": 2"));
        List<Sequence> read = List.of(
                new Sequence(new int[] {5, 2}, new int[] {7, 2, 1}),
                new Sequence(new int[] {5, 2}, new int[] {7, 2, 1}),
                new Sequence(new int[0], new int[] {5}),
                new Sequence(new int[0], new int[] {2}));
        List<Sequence> given = List.of(
                new Sequence(new int[] {5, 2}, new int[] {7, 2, 1}),
                new Sequence(new int[] {5, 2}, new int[] {7, 2, 1, 2, 2}),
                new Sequence(new int[] {5, 2}, new int[] {2}),
                new Sequence(new int[0], new int[] {2, 2}));
        assertThat(scores(foreign, given, factor)).containsExactly(scores(own, read, factor), within(1e-6));
        assertThat(scores(own, given, factor)[1]).isNotCloseTo(scores(own, read, factor)[1], within(1e-4));
    }

    /// Two tokenizers may have as many tokens. A token that only one of them has does not matter.
    @Test
    void aModelOfAnotherTokenizerIsRefused() throws IOException {
        ModelFolder policy = words("policy", "<end>", "good", "bad");
        ModelFolder added = words("added", "<end>", "good", "bad", "<pad>");
        ModelFolder other = words("other", "<end>", "bad", "good");
        LowerConfidence none = new LowerConfidence(0, null, 1);
        assertThat(RewardFolders.open(List.of(added.path()), policy, Rule.MEAN, 0.5, none, LengthPenalty.NONE)
                        .folders())
                .hasSize(1);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() ->
                        RewardFolders.open(List.of(other.path()), policy, Rule.MEAN, 0.5, none, LengthPenalty.NONE))
                .withMessage(other.path() + ": found \"bad\" as the token 1, expected \"good\" as in " + policy.path()
                        + "; one has to read the other's tokens, so both need the same tokenizer");
        assertThatExceptionOfType(InputException.class)
                .as("a reference as well")
                .isThrownBy(() -> other.requireVocabularyOf(policy));
    }

    /// Pythia rounds the rows of its embeddings up by size: 50,304 and 50,432 for one tokenizer.
    @Test
    void aModelWithRoomForMoreTokensReadsThePolicys() throws IOException {
        ModelFolder policy = words("policy", "<end>", "good", "bad");
        TransformerConfig larger = TransformerConfig.gpt2(policy.config().vocabulary() + 3, 12, 1, 3, 40);
        TransformerParameters parameters = new TransformerParameters(larger, Head.SCALAR, "reward");
        Path roomier = folder.resolve("roomier");
        ModelFolder.write(
                roomier,
                parameters,
                parameters.layout().zeros(),
                ModelText.endingWith(policy.tokenizer().orElseThrow(), 0));
        LowerConfidence none = new LowerConfidence(0, null, 1);
        assertThat(RewardFolders.open(List.of(roomier), policy, Rule.MEAN, 0.5, none, LengthPenalty.NONE)
                        .folders())
                .hasSize(1);
        assertThatExceptionOfType(InputException.class)
                .as("the other way round, the policy could write what is not read")
                .isThrownBy(() -> RewardFolders.open(policy.path(), ModelFolder.open(roomier)))
                .withMessageStartingWith(policy.path() + ": a vocabulary of ");
        assertThatExceptionOfType(InputException.class)
                .as("a reference is compared token by token")
                .isThrownBy(() -> ModelFolder.open(roomier).requireVocabularyOf(policy));
    }

    private ModelFolder words(String name, String... words) throws IOException {
        Path model = TinyModels.writeReward(folder.resolve(name), 3);
        for (Map.Entry<String, String> file :
                WordLevelTokenizer.of(List.of(words), "<end>").files().entrySet()) {
            Files.writeString(model.resolve(file.getKey()), file.getValue());
        }
        return ModelFolder.open(model);
    }

    /// Comparisons without padding, so that the bound is the same for both.
    private static double[] scores(Path model, List<Sequence> sequences, double factor) {
        RewardFolders rewards = new RewardFolders(
                List.of(ModelFolder.open(model)),
                Rule.MEAN,
                0.5,
                new LowerConfidence(factor, factor == 0 ? null : Path.of("given"), 1),
                LengthPenalty.NONE,
                List.of(new PreferencePair(new int[] {3}, new int[] {4, 1}, new int[] {6, 5})));
        try (Backend backend = Backend.open("cpu", 1);
                ResponseReward reward = rewards.reward(backend, 20, List.of(), () -> false)) {
            return reward.score(sequences, () -> false);
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
                case KL_DRO -> (first[i] + second[i]) / 2 - Math.log(Math.cosh(half));
            };
        }
        assertThat(score(rule, SAMPLES, one, other)).containsExactly(centred(expected), within(1e-6));
    }
}
