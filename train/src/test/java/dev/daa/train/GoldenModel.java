package dev.daa.train;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A small model of transformers with what transformers computed from it, from the `shared` folder beside the
/// project.
public record GoldenModel(Path folder, JsonNode values) {

    /// The model of that name; the test is skipped when there is none.
    public static GoldenModel read(String name) {
        String relative = "shared/golden/" + name;
        Path found = Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
                .map(folder -> folder.resolve(relative))
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of(relative));
        assumeTrue(Files.exists(found), () -> relative + " stands in no folder above the project");
        return new GoldenModel(
                found, JsonMapper.shared().readTree(found.resolve("golden.json").toFile()));
    }

    public Model model(Backend backend) {
        ModelFolder opened = ModelFolder.open(folder);
        TransformerParameters parameters = new TransformerParameters(opened.config(), Head.LANGUAGE, "policy");
        return Model.of(backend, parameters, opened.weights(parameters));
    }

    /// Token ids of each sequence, without padding.
    public List<int[]> sequences() {
        List<int[]> sequences = new ArrayList<>();
        for (int i = 0; i < values.get("lens").size(); i++) {
            JsonNode ids = values.get("input_ids").get(i);
            int[] sequence = new int[values.get("lens").get(i).asInt()];
            Arrays.setAll(sequence, t -> ids.get(t).asInt());
            sequences.add(sequence);
        }
        return sequences;
    }

    /// The same as prompts and responses.
    public List<Sequence> promptsAndResponses() {
        List<Sequence> split = new ArrayList<>();
        List<int[]> sequences = sequences();
        for (int i = 0; i < sequences.size(); i++) {
            int prompt = values.get("prompt_lens").get(i).asInt();
            int[] ids = sequences.get(i);
            split.add(new Sequence(Arrays.copyOf(ids, prompt), Arrays.copyOfRange(ids, prompt, ids.length)));
        }
        return split;
    }

    /// Logits of sequence i, `[padded length, vocabulary]`.
    public float[] logits(int i) {
        try (Safetensors file = Safetensors.open(folder.resolve("logits.safetensors"))) {
            List<Integer> shape = file.info("logits").shape();
            float[] all = new float[shape.get(0) * shape.get(1) * shape.get(2)];
            file.read("logits", all, 0);
            int size = shape.get(1) * shape.get(2);
            return Arrays.copyOfRange(all, i * size, (i + 1) * size);
        }
    }

    /// A row of numbers below a key.
    public double[] numbers(String key) {
        return numbers(values.get(key));
    }

    /// Rows of numbers below a key.
    public double[][] rows(String key) {
        double[][] rows = new double[values.get(key).size()][];
        Arrays.setAll(rows, i -> numbers(values.get(key).get(i)));
        return rows;
    }

    private static double[] numbers(JsonNode array) {
        double[] numbers = new double[array.size()];
        Arrays.setAll(numbers, i -> array.get(i).asDouble());
        return numbers;
    }
}
