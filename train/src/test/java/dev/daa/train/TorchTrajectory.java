package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Configs;
import dev.daa.train.model.Optimizer;
import dev.daa.train.run.Metrics;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A trajectory that PyTorch computed from responses sampled here: every metric of each step, and what the weights have
/// changed by after the last. The `trajectory.json` beside a test says how it was made; models, prompts and scores are
/// those of this class.
public record TorchTrajectory(JsonNode golden) {
    public static final int STEPS = 3;
    public static final int MAXIMUM_TOKENS = 5;
    public static final List<int[]> PROMPTS =
            List.of(new int[] {1}, new int[] {2, 3}, new int[] {4, 1, 2}, new int[] {3, 3}, new int[] {4});
    public static final Optimizer OPTIMIZER = new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-5, 0.1, 0.5, false);

    private static final TransformerConfig CONFIG = TransformerConfig.gpt2(5, 6, 1, 2, 10);

    /// A case of the file beside a test.
    public static TorchTrajectory read(Class<?> test, String name) throws IOException {
        try (InputStream file = test.getResourceAsStream("trajectory.json")) {
            return new TorchTrajectory(JsonMapper.shared()
                    .readTree(Objects.requireNonNull(file))
                    .get("cases")
                    .get(name));
        }
    }

    /// A model whose weights are those of a linear congruential generator between −0.8 and 0.8.
    public static Model model(Backend backend, Head head, String name, long seed) {
        TransformerParameters parameters = new TransformerParameters(CONFIG, head, name);
        return Model.of(backend, parameters, weights(parameters.layout().size(), seed));
    }

    /// Those weights.
    public static float[] weights(int count, long seed) {
        float[] weights = new float[count];
        long state = seed;
        for (int i = 0; i < count; i++) {
            state = (state * 1_103_515_245L + 12_345) % (1L << 31);
            weights[i] = (float) (1.6 * (state / (double) (1L << 31) - 0.5));
        }
        return weights;
    }

    /// What a response earns.
    public static double score(Sequence sequence) {
        int[] response = sequence.response();
        double score = 0;
        for (int t = 0; t < response.length; t++) {
            score += Math.sin(1.3 * response[t] + t);
        }
        return score;
    }

    /// The settings that the file has in YAML.
    public <T extends Record> T settings(Class<T> type) {
        return Configs.read(type, "test", golden.get("settings").asString(), List.of());
    }

    /// @param step from 1
    public static float learningRate(int step) {
        return 0.01f / step;
    }

    /// @param step from 1
    public void requireStep(int step, List<int[]> responses, Metrics metrics) {
        assertThat(responses)
                .as("the responses of step %d, of which the file tells what follows", step)
                .usingRecursiveComparison()
                .isEqualTo(golden.get("responses")
                        .get(step - 1)
                        .valueStream()
                        .map(response ->
                                response.valueStream().mapToInt(JsonNode::asInt).toArray())
                        .toList());
        for (var expected : golden.get("metrics").get(step - 1).properties()) {
            double number = expected.getValue().asDouble();
            assertThat(metrics.value(expected.getKey()).orElseThrow())
                    .as("%s of step %d", expected.getKey(), step)
                    .isCloseTo(number, within(1e-5 + 1e-4 * Math.abs(number)));
        }
    }

    /// @param change name of the list that holds every weight's change in millionths
    public void requireMoved(String change, float[] before, float[] after) {
        assertThat(IntStream.range(0, after.length)
                        .mapToDouble(i -> (double) after[i] - before[i])
                        .toArray())
                .containsExactly(
                        golden.get(change)
                                .valueStream()
                                .mapToDouble(millionths -> 1e-6 * millionths.asDouble())
                                .toArray(),
                        within(3e-5));
    }
}
