package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// A model folder and rows of ids, small enough for tests of commands.
final class SmallFiles {
    static final int VOCABULARY = 33;

    private SmallFiles() {}

    /// A random model of 40 positions, end of sequence 0.
    static Path model(Path folder) throws IOException {
        TransformerConfig config = TransformerConfig.gpt2(VOCABULARY, 12, 2, 3, 40);
        Files.createDirectories(folder);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = Model.initialize(
                    backend, new TransformerParameters(config, Head.LANGUAGE, "policy"), new SplittableRandom(7));
            ModelFolder.write(folder, model.parameters(), model.weights().copy(), ModelText.endingWith(null, 0));
        }
        return folder;
    }

    /// A random model like [#model], every weight times a factor.
    static Path scaledModel(Path folder, float factor) throws IOException {
        ModelFolder source = ModelFolder.open(model(folder));
        TransformerParameters parameters = new TransformerParameters(source.config(), Head.LANGUAGE, "policy");
        float[][] weights = source.weights(parameters);
        for (float[] array : weights) {
            for (int i = 0; i < array.length; i++) {
                array[i] *= factor;
            }
        }
        ModelFolder.write(folder, parameters, weights, ModelText.endingWith(null, 0));
        return folder;
    }

    /// A random reward model like [#model].
    static Path rewardModel(Path folder, long seed) throws IOException {
        TransformerConfig config = TransformerConfig.gpt2(VOCABULARY, 12, 2, 3, 40);
        Files.createDirectories(folder);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model scalar = Model.initialize(
                    backend, new TransformerParameters(config, Head.SCALAR, "reward"), new SplittableRandom(seed));
            ModelFolder.write(folder, scalar.parameters(), scalar.weights().copy(), ModelText.endingWith(null, 0));
        }
        return folder;
    }

    /// Pairs that are demonstrations too.
    static Path pairs(Path file, int count) throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String chosen = ids(random, 13);
            lines.add("{\"prompt_ids\":" + ids(random, 7) + ",\"chosen_ids\":" + chosen + ",\"response_ids\":" + chosen
                    + ",\"rejected_ids\":" + ids(random, 13) + "}");
        }
        return Files.write(file, lines);
    }

    private static String ids(SplittableRandom random, int longest) {
        return Arrays.toString(
                random.ints(random.nextInt(1, longest + 1), 1, VOCABULARY).toArray());
    }
}
