package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.checkpoint.AdapterFiles;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.AdapterParameters;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Examples;
import dev.daa.train.model.Optimizer;
import dev.daa.train.sft.SftLearner;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Adapters that PEFT wrote, against the logits, scores and training steps that PEFT made with them.
class PeftGoldenTest {
    private final Backend backend = Backend.open("cpu", 2);

    @AfterEach
    void close() {
        backend.close();
    }

    private static Path folder(String name) {
        try {
            return Path.of(Objects.requireNonNull(PeftGoldenTest.class.getResource("/peft/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode golden(String name) {
        return JsonMapper.shared().readTree(folder(name).resolve("golden.json").toFile());
    }

    private static Lora lora(String family) {
        return switch (family) {
            case "gpt2" -> new Lora(3, 7, List.of("c_attn", "c_proj"), false);
            case "gpt_neox" -> new Lora(3, 7, List.of(Lora.ALL_LINEAR), false);
            default -> new Lora(3, 7, List.of("q_proj", "v_proj", "up_proj"), true);
        };
    }

    private Model open(String name, String layoutName) {
        ModelFolder opened = ModelFolder.open(folder(name));
        TransformerParameters parameters = new TransformerParameters(opened.config(), opened.head(), layoutName);
        return Model.of(backend, parameters, opened.weights(parameters));
    }

    /// The base with the adapter beside it, not merged.
    private Model adapted(String family) {
        Model adapted =
                open(family + "/base", "policy").adapted(backend, lora(family), "../base", new SplittableRandom(1));
        adapted.trained().write(values(family + "/adapter", adapted));
        return adapted;
    }

    private static float[] values(String name, Model adapted) {
        AdapterParameters adapter = Objects.requireNonNull(adapted.parameters().adapter());
        return AdapterFiles.read(folder(name), adapted.config(), adapter);
    }

    private static List<int[]> sequences(JsonNode golden) {
        List<int[]> sequences = new ArrayList<>();
        for (JsonNode ids : golden.get("sequences")) {
            int[] sequence = new int[ids.size()];
            Arrays.setAll(sequence, t -> ids.get(t).asInt());
            sequences.add(sequence);
        }
        return sequences;
    }

    private void assertLogits(Model model, JsonNode golden, String key) {
        Graph graph = new Graph();
        Tensor hidden = Transformer.record(graph, model.parameters());
        Tensor logits = graph.linear("logits", hidden, model.parameters().headWeight(), null, null);
        Batch batch = new Batch(Capacity.training(48, 1, 0, 0));
        int vocabulary = model.config().vocabulary();
        try (Program program = backend.compile(graph, batch.capacity(), model.values())) {
            List<int[]> sequences = sequences(golden);
            for (int i = 0; i < sequences.size(); i++) {
                int[] ids = sequences.get(i);
                batch.clear();
                batch.addSegment(ids, 0, ids.length, -1);
                program.forward(batch);
                float[] found = new float[ids.length * vocabulary];
                program.read(logits, batch, found);
                for (int at = 0; at < found.length; at++) {
                    assertThat((double) found[at])
                            .as("%s of sequence %d, value %d", key, i, at)
                            .isCloseTo(
                                    golden.get(key)
                                            .get(i)
                                            .get(at / vocabulary)
                                            .get(at % vocabulary)
                                            .asDouble(),
                                    within(3e-5));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void logitsAreThoseOfPeft(String family) {
        JsonNode golden = golden(family);
        Model adapted = adapted(family);
        assertLogits(adapted, golden, "logits");
        assertLogits(open(family + "/adapter", "merged"), golden, "logits");
        assertLogits(adapted.withoutAdapter("off"), golden, "base_logits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void sixStepsOfAdamWAreThoseOfPeft(String family) {
        JsonNode golden = golden(family);
        Model adapted = adapted(family);
        List<Sequence> examples = sequences(golden).stream()
                .map(ids -> new Sequence(Arrays.copyOf(ids, 1), Arrays.copyOfRange(ids, 1, ids.length)))
                .toList();
        try (SftLearner learner = new SftLearner(
                backend,
                adapted,
                Examples.inOrder(examples),
                3,
                2,
                BatchCapacity.ofRows(40),
                Optimizer.adamW(0.1, 0))) {
            for (int step = 1; step <= golden.get("losses").size(); step++) {
                assertThat(learner.step(step, 1e-2f).value("loss").orElseThrow())
                        .as("step %d", step)
                        .isCloseTo(golden.get("losses").get(step - 1).asDouble(), within(1e-5));
            }
        }
        assertThat(adapted.flatTrained())
                .usingComparatorWithPrecision(1e-4f)
                .containsExactly(values(family + "/trained", adapted));
    }

    @Test
    void scoresOfARewardModelAreThoseOfPeft() {
        JsonNode golden = golden("reward");
        Model model = open("reward", "reward");
        assertThat(model.parameters().head()).isEqualTo(Head.SCALAR);
        List<Sequence> sequences = sequences(golden).stream()
                .map(ids -> new Sequence(new int[0], ids))
                .toList();
        float[] scores;
        try (RewardScorer scorer = new RewardScorer(backend, model, 20, 40)) {
            scores = scorer.score(sequences);
        }
        for (int i = 0; i < scores.length; i++) {
            assertThat((double) scores[i]).isCloseTo(golden.get("scores").get(i).asDouble(), within(3e-5));
        }
    }
}
