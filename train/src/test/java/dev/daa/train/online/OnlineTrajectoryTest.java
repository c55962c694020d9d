package dev.daa.train.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Configs;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Whole trajectories, from sampled responses by their labels to the weights after three steps, against PyTorch:
/// `trajectory.json` says how it was made.
class OnlineTrajectoryTest {
    private static final int STEPS = 3;
    private static final int BATCH = 4;
    private static final int MICRO_BATCH = 3;
    private static final int MAXIMUM_TOKENS = 5;
    private static final TransformerConfig CONFIG = TransformerConfig.gpt2(5, 6, 1, 2, 10);
    private static final List<int[]> PROMPTS =
            List.of(new int[] {1}, new int[] {2, 3}, new int[] {4, 1, 2}, new int[] {3, 3}, new int[] {4});

    private static JsonNode golden(String name) throws IOException {
        try (InputStream file = OnlineTrajectoryTest.class.getResourceAsStream("trajectory.json")) {
            return JsonMapper.shared()
                    .readTree(Objects.requireNonNull(file))
                    .get("cases")
                    .get(name);
        }
    }

    /// A model whose weights are those of a linear congruential generator between −0.8 and 0.8.
    private static Model model(Backend backend, String name, long seed) {
        TransformerParameters parameters = new TransformerParameters(CONFIG, Head.LANGUAGE, name);
        float[] weights = new float[parameters.layout().size()];
        long state = seed;
        for (int i = 0; i < weights.length; i++) {
            state = (state * 1_103_515_245L + 12_345) % (1L << 31);
            weights[i] = (float) (1.6 * (state / (double) (1L << 31) - 0.5));
        }
        return Model.of(backend, parameters, weights);
    }

    private static double score(int[] response) {
        double score = 0;
        for (int t = 0; t < response.length; t++) {
            score += Math.sin(1.3 * response[t] + t);
        }
        return score;
    }

    @ParameterizedTest
    @ValueSource(strings = {"dpo", "ipo", "raft", "rounds"})
    void aTrajectoryIsThatOfTorch(String name) throws IOException {
        JsonNode golden = golden(name);
        Online settings =
                Configs.read(Online.class, "test", golden.get("settings").asString(), List.of());
        List<int[]> sampled = new ArrayList<>();
        ResponseReward reward = (responses, _) -> {
            responses.forEach(response -> sampled.add(response.response()));
            return responses.stream()
                    .mapToDouble(response -> score(response.response()))
                    .toArray();
        };
        try (Backend backend = Backend.open("cpu", 1);
                OnlineLearner learner = new OnlineLearner(
                        backend,
                        new OnlineLearner.Cast(
                                copy -> model(backend, copy, 11), model(backend, "reference", 33), reward),
                        settings.shape(3, MAXIMUM_TOKENS, StopTokens.of(0)),
                        Examples.inOrder(PROMPTS),
                        settings,
                        settings.choice(),
                        new Batching(
                                BATCH,
                                MICRO_BATCH,
                                new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-5, 0.1, 0.5, false)),
                        new Seeds(3),
                        () -> false)) {
            float[] before = learner.model().flatWeights();
            for (int step = 1; step <= STEPS; step++) {
                sampled.clear();
                Metrics metrics = learner.step(step, 0.01f / step);
                assertThat(sampled)
                        .as("the responses of step %d, of which the file tells what follows", step)
                        .usingRecursiveComparison()
                        .isEqualTo(responses(golden.get("responses").get(step - 1)));
                for (var expected : golden.get("metrics").get(step - 1).properties()) {
                    double number = expected.getValue().asDouble();
                    assertThat(metrics.value(expected.getKey()).orElseThrow())
                            .as("%s of step %d", expected.getKey(), step)
                            .isCloseTo(number, within(1e-5 + 1e-4 * Math.abs(number)));
                }
            }
            assertMoved(before, learner.model().flatWeights(), golden.get("policyChange"));
        }
    }

    private static List<int[]> responses(JsonNode ofStep) {
        return ofStep.valueStream()
                .map(response ->
                        response.valueStream().mapToInt(JsonNode::asInt).toArray())
                .toList();
    }

    /// @param millionths of every weight's change
    private static void assertMoved(float[] before, float[] after, JsonNode millionths) {
        double[] found = IntStream.range(0, after.length)
                .mapToDouble(i -> (double) after[i] - before[i])
                .toArray();
        assertThat(found)
                .containsExactly(
                        millionths
                                .valueStream()
                                .mapToDouble(change -> 1e-6 * change.asDouble())
                                .toArray(),
                        within(3e-5));
    }
}
