package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.CpuBackend;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Models that transformers wrote compute here what transformers computes.
class ForeignModelsTest {
    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2_tied_bf16_sharded", "gpt_neox_parallel_f16"})
    void tokenLogProbsAreThoseOfTransformers(String name) throws Exception {
        Path path = path(name);
        ModelFolder folder = ModelFolder.open(path);
        TransformerParameters parameters = new TransformerParameters(folder.config(), folder.head(), "policy");
        Graph graph = new Graph();
        Tensor hidden = Transformer.record(graph, parameters);
        Op.TokenLogProb scored = graph.tokenLogProb("score", hidden, parameters.headWeight());
        int vocabulary = folder.config().vocabulary();
        Capacity capacity = Capacity.training(33, 1, 33 * vocabulary, 0);
        try (Backend backend = new CpuBackend(1)) {
            Model model = Model.of(backend, parameters, folder.weights(parameters));
            try (Program program = backend.compile(graph, capacity, model.values())) {
                for (JsonNode sequence : expected(path)) {
                    Batch batch = batch(capacity, sequence);
                    for (int row = 0; row < batch.rows(); row++) {
                        for (int token = 0; token < vocabulary; token++) {
                            batch.addTarget(row, token);
                        }
                    }
                    program.forward(batch);
                    float[] found = new float[batch.targets()];
                    program.read(scored.logProb(), batch, found);
                    for (int row = 0; row < batch.rows(); row++) {
                        double[] logProbs = logSoftmax(sequence.path("logits").path(row));
                        for (int token = 0; token < vocabulary; token++) {
                            assertThat((double) found[row * vocabulary + token])
                                    .as("row %d, token %d", row, token)
                                    .isCloseTo(logProbs[token], within(2e-5 * Math.max(1, -logProbs[token])));
                        }
                    }
                }
            }
        }
    }

    @Test
    void scoresAreThoseOfTransformers() throws Exception {
        Path path = path("gpt2_score");
        ModelFolder folder = ModelFolder.open(path);
        TransformerParameters parameters = new TransformerParameters(folder.config(), folder.head(), "reward");
        Graph graph = new Graph();
        Tensor score = graph.scalarHead("score", Transformer.record(graph, parameters), parameters.headWeight());
        Capacity capacity = Capacity.training(33, 1, 0, 1);
        try (Backend backend = new CpuBackend(1)) {
            Model model = Model.of(backend, parameters, folder.weights(parameters));
            try (Program program = backend.compile(graph, capacity, model.values())) {
                for (JsonNode sequence : expected(path)) {
                    Batch batch = batch(capacity, sequence);
                    batch.addScore(batch.rows() - 1);
                    program.forward(batch);
                    float[] found = new float[1];
                    program.read(score, batch, found);
                    double expected = sequence.path("logits").path(0).doubleValue();
                    assertThat((double) found[0]).isCloseTo(expected, within(2e-5 * Math.max(1, Math.abs(expected))));
                }
            }
        }
    }

    private static Batch batch(Capacity capacity, JsonNode sequence) {
        int[] ids =
                sequence.path("ids").valueStream().mapToInt(JsonNode::intValue).toArray();
        Batch batch = new Batch(capacity);
        batch.addSegment(ids, 0, ids.length, -1);
        return batch;
    }

    private static double[] logSoftmax(JsonNode logits) {
        double[] values =
                logits.valueStream().mapToDouble(JsonNode::doubleValue).toArray();
        double sum = 0;
        for (double value : values) {
            sum += Math.exp(value);
        }
        for (int i = 0; i < values.length; i++) {
            values[i] -= Math.log(sum);
        }
        return values;
    }

    private static JsonNode expected(Path folder) throws Exception {
        return JsonMapper.builder().build().readTree(Files.readString(folder.resolve("expected.json")));
    }

    private static Path path(String name) throws URISyntaxException {
        URL url = Objects.requireNonNull(ForeignModelsTest.class.getResource("/models/" + name));
        return Path.of(url.toURI());
    }
}
