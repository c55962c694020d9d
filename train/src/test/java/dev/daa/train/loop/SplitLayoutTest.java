package dev.daa.train.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameter;
import dev.daa.compute.Parameters;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.TinyModels;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Examples;
import dev.daa.train.model.Optimizer;
import dev.daa.train.run.Metrics;
import dev.daa.train.sft.SftLearner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A model whose parameters lie in many arrays is the same model, bit for bit.
class SplitLayoutTest {
    private final Backend backend = Backend.open("cpu", 2);
    private final List<Sequence> examples = TinyModels.examples(24, 5);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        backend.close();
    }

    private static TransformerConfig config(String family) {
        return switch (family) {
            case "gpt2" -> TransformerConfig.gpt2(TinyModels.VOCABULARY, 12, 2, 3, 40);
            case "gpt_neox" -> TransformerConfig.gptNeox(TinyModels.VOCABULARY, 16, 2, 2, 40, 0.5f);
            case "llama" -> TransformerConfig.llama(TinyModels.VOCABULARY, 24, 2, 4, 2, 28, 40);
            default -> throw new IllegalArgumentException(family);
        };
    }

    private static TransformerParameters whole(String family) {
        return new TransformerParameters(config(family), Head.LANGUAGE, "policy");
    }

    /// In arrays that hold the largest matrix, and little beside it.
    private static TransformerParameters split(String family) {
        return split(family, largest(family));
    }

    private static TransformerParameters split(String family, int longestArray) {
        return new TransformerParameters(config(family), Head.LANGUAGE, "policy", longestArray);
    }

    private static int largest(String family) {
        return whole(family).layout().parameters().stream()
                .mapToInt(Parameter::size)
                .max()
                .orElseThrow();
    }

    private Model model(TransformerParameters parameters) {
        return Model.initialize(backend, parameters, new SplittableRandom(7));
    }

    private SftLearner learner(Model model, Optimizer optimizer) {
        return new SftLearner(
                backend, model, Examples.inOrder(examples), 6, 4, BatchCapacity.ofSequences(examples, 4), optimizer);
    }

    private static float[] values(Parameters of, Parameter parameter) {
        return Arrays.copyOfRange(
                of.copy(parameter.array()), parameter.offset(), parameter.offset() + parameter.size());
    }

    private static void assertSame(Parameters split, Parameters whole) {
        for (Parameter parameter : split.layout().parameters()) {
            assertThat(values(split, parameter))
                    .as(parameter.name())
                    .containsExactly(values(whole, whole.layout().parameter(parameter.name())));
        }
    }

    private static void assertSameSteps(Learner split, Learner whole, int from, int to) {
        for (int step = from; step <= to; step++) {
            Metrics expected = whole.step(step, 1e-2f);
            Metrics found = split.step(step, 1e-2f);
            assertThat(found.value("loss")).isEqualTo(expected.value("loss"));
            assertThat(found.value("grad_norm")).isEqualTo(expected.value("grad_norm"));
        }
    }

    @ParameterizedTest
    @CsvSource({"gpt2,ADAMW", "gpt2,RMSPROP", "gpt_neox,ADAMW", "llama,ADAMW"})
    void trainsSavesAndResumesWithTheSameBits(String family, Optimizer.Rule rule) throws IOException {
        Optimizer optimizer = new Optimizer(rule, 0.9, 0.99, 1e-8, 0.01, 0.5, false);
        Model whole = model(whole(family));
        Model split = model(split(family));
        assertThat(whole.weights().layout().sizes()).hasSize(1);
        assertThat(split.weights().layout().sizes()).hasSizeGreaterThan(5);
        assertSame(split.weights(), whole.weights());
        Path checkpoint = Files.createDirectory(folder.resolve("split"));
        Path other = Files.createDirectory(folder.resolve("whole"));
        try (SftLearner one = learner(whole, optimizer)) {
            try (SftLearner many = learner(split, optimizer)) {
                assertSameSteps(many, one, 1, 3);
                assertSame(split.weights(), whole.weights());
                LearnerState.save(checkpoint, many, ModelText.endingWith(null, 0));
                LearnerState.save(other, one, ModelText.endingWith(null, 0));
            }
            assertThat(checkpoint.resolve("model.safetensors"))
                    .hasSameBinaryContentAs(other.resolve("model.safetensors"));
            Model resumed = model(split(family));
            try (SftLearner many = learner(resumed, optimizer)) {
                LearnerState.restore(checkpoint, many);
                assertSameSteps(many, one, 4, 6);
                assertSame(resumed.weights(), whole.weights());
                many.optimizerState()
                        .forEach((name, moment) -> assertSame(
                                moment,
                                Objects.requireNonNull(one.optimizerState().get(name))));
                assertSameAnswers(resumed, whole);
            }
        }
    }

    /// Answers, by weights packed for decoding, and scores of a model with a fresh head.
    private void assertSameAnswers(Model split, Model whole) {
        try (Generator one = new Generator(backend, whole, 4, 5, 9);
                Generator many = new Generator(backend, split, 4, 5, 9);
                RewardScorer rewards = scorer(whole);
                RewardScorer others = scorer(split)) {
            List<int[]> prompts = List.of(new int[] {1, 2}, new int[] {3, 4, 5, 6, 7});
            Response[][] expected = one.generate(prompts, 3, Sampling.full(1, 9, StopTokens.of(0)), 1);
            Response[][] found = many.generate(prompts, 3, Sampling.full(1, 9, StopTokens.of(0)), 1);
            for (int i = 0; i < expected.length; i++) {
                for (int j = 0; j < expected[i].length; j++) {
                    assertThat(found[i][j].tokens()).containsExactly(expected[i][j].tokens());
                    assertThat(found[i][j].logProbs()).containsExactly(expected[i][j].logProbs());
                }
            }
            assertThat(others.score(examples)).containsExactly(rewards.score(examples));
        }
    }

    private RewardScorer scorer(Model model) {
        return new RewardScorer(backend, model.withScalarHead(backend, "reward", new SplittableRandom(3)), 20, 40);
    }

    /// A kernel that looks for a bias in the array of its weight finds another parameter there, or none.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void aCutBehindAnyParameterChangesNothing(String family) {
        Model whole = model(whole(family));
        double loss;
        try (SftLearner one = learner(whole, Optimizer.adamW(0, 1))) {
            one.step(1, 1e-2f);
            loss = one.step(2, 1e-2f).value("loss").orElseThrow();
        }
        int cuts = 0;
        for (Parameter parameter : whole.weights().layout().parameters()) {
            int end = parameter.offset() + parameter.size();
            if (end < largest(family)) {
                continue;
            }
            Model split = model(split(family, end));
            assertThat(split.weights().layout().sizes()).startsWith(end);
            try (SftLearner many = learner(split, Optimizer.adamW(0, 1))) {
                many.step(1, 1e-2f);
                assertThat(many.step(2, 1e-2f).value("loss"))
                        .as("cut behind %s", parameter.name())
                        .hasValue(loss);
            }
            assertSame(split.weights(), whole.weights());
            cuts++;
        }
        assertThat(cuts).isGreaterThan(10);
    }

    /// On weights in many arrays; the folder of the adapter merges to the same file.
    @Test
    void adaptersAreTheSameToo() throws IOException {
        Lora lora = new Lora(3, 6, List.of(Lora.ALL_LINEAR), false);
        Path base = TinyModels.writeLanguage(folder.resolve("base"), 7);
        Model whole = model(whole("gpt2")).adapted(backend, lora, base.toString(), new SplittableRandom(2));
        Model split = model(split("gpt2")).adapted(backend, lora, base.toString(), new SplittableRandom(2));
        Optimizer optimizer = Optimizer.adamW(0, 1);
        Path adapter = folder.resolve("adapter");
        try (SftLearner one = learner(whole, optimizer);
                SftLearner many = learner(split, optimizer)) {
            assertSameSteps(many, one, 1, 3);
            many.saveModel(adapter, ModelFolder.open(base).text());
        }
        assertThat(split.flatTrained()).containsExactly(whole.flatTrained());
        ModelFolder opened = ModelFolder.open(adapter);
        Path mergedWhole = folder.resolve("merged-whole");
        Path mergedSplit = folder.resolve("merged-split");
        ModelFolder.write(mergedWhole, whole("gpt2"), opened.weights(whole("gpt2")), ModelText.endingWith(null, 0));
        ModelFolder.write(mergedSplit, split("gpt2"), opened.weights(split("gpt2")), ModelText.endingWith(null, 0));
        assertThat(mergedSplit.resolve("model.safetensors"))
                .hasSameBinaryContentAs(mergedWhole.resolve("model.safetensors"));
    }
}
