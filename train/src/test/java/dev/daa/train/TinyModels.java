package dev.daa.train;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.PreferencePair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Tiny random models and data of odd and very different lengths, in memory and as files.
public final class TinyModels {
    public static final int VOCABULARY = 33;

    private TinyModels() {}

    public static Model language(Backend backend, long seed) {
        return model(backend, Head.LANGUAGE, seed);
    }

    public static Model reward(Backend backend, long seed) {
        return model(backend, Head.SCALAR, seed);
    }

    private static Model model(Backend backend, Head head, long seed) {
        TransformerConfig config = TransformerConfig.gpt2(VOCABULARY, 12, 2, 3, 40);
        return Model.initialize(backend, new TransformerParameters(config, head, "policy"), new SplittableRandom(seed));
    }

    /// The model with adapters on every linear map, their second halves drawn too.
    public static Model adapted(Backend backend, Model model) {
        Model adapted = model.adapted(
                backend, new Lora(3, 6, List.of(Lora.ALL_LINEAR), false), "base", new SplittableRandom(2));
        SplittableRandom random = new SplittableRandom(4);
        float[] values = adapted.flatTrained();
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.1 * random.nextGaussian());
        }
        adapted.trained().write(values);
        return adapted;
    }

    /// Writes a language model as a folder of ids only, end of sequence 0.
    public static Path writeLanguage(Path folder, long seed) throws IOException {
        Files.createDirectories(folder);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = language(backend, seed);
            ModelFolder.write(folder, model.parameters(), model.weights().copy(), ModelText.endingWith(null, 0));
        }
        return folder;
    }

    /// Writes a reward model as a folder of ids only.
    public static Path writeReward(Path folder, long seed) throws IOException {
        Files.createDirectories(folder);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = reward(backend, seed);
            ModelFolder.write(folder, model.parameters(), model.weights().copy(), ModelText.endingWith(null, 0));
        }
        return folder;
    }

    /// Prompts of 1 to 7 tokens, responses of 1 to 13; every third prompt is that of the row before.
    public static List<PreferencePair> pairs(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<PreferencePair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = i % 3 == 2 ? pairs.getLast().prompt() : tokens(random, 7);
            pairs.add(new PreferencePair(prompt, tokens(random, 13), tokens(random, 13)));
        }
        return pairs;
    }

    public static List<Sequence> examples(int count, long seed) {
        return pairs(count, seed).stream().map(PreferencePair::chosenSequence).toList();
    }

    private static int[] tokens(SplittableRandom random, int longest) {
        return random.ints(random.nextInt(1, longest + 1), 1, VOCABULARY).toArray();
    }

    /// Writes pairs as rows that serve preference and supervised training alike.
    public static Path write(Path file, List<PreferencePair> pairs) throws IOException {
        List<String> lines = new ArrayList<>();
        for (PreferencePair pair : pairs) {
            lines.add("{\"prompt_ids\":" + Arrays.toString(pair.prompt()) + ",\"chosen_ids\":"
                    + Arrays.toString(pair.chosen()) + ",\"response_ids\":" + Arrays.toString(pair.chosen())
                    + ",\"rejected_ids\":" + Arrays.toString(pair.rejected()) + "}");
        }
        return Files.write(file, lines);
    }
}
