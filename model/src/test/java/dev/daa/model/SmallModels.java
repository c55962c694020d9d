package dev.daa.model;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Tiny random models of every family, of odd sizes and with weights large enough that their distributions are
/// far from uniform; and their exact next-token distributions from a plain graph with all logits.
public final class SmallModels {
    public static final int VOCABULARY = 33;
    public static final int POSITIONS = 48;

    private SmallModels() {}

    /// One config of each family, by its name.
    public static TransformerConfig config(String family) {
        return switch (family) {
            case "gpt2" -> TransformerConfig.gpt2(VOCABULARY, 12, 2, 3, POSITIONS);
            case "gpt_neox" -> TransformerConfig.gptNeox(VOCABULARY, 16, 2, 2, POSITIONS, 0.5f);
            case "llama" -> TransformerConfig.llama(VOCABULARY, 24, 2, 4, 2, 28, POSITIONS);
            default -> throw new IllegalArgumentException(family);
        };
    }

    /// A random language model.
    public static Model language(Backend backend, String family, String layoutName, long seed) {
        return withBiases(
                Model.initialize(
                        backend,
                        new TransformerParameters(config(family), Head.LANGUAGE, layoutName),
                        new SplittableRandom(seed)),
                seed);
    }

    /// A random reward model.
    public static Model reward(Backend backend, String family, long seed) {
        return withBiases(
                Model.initialize(
                        backend,
                        new TransformerParameters(config(family), Head.SCALAR, "reward"),
                        new SplittableRandom(seed)),
                seed);
    }

    private static Model withBiases(Model model, long seed) {
        float[] values = model.flatWeights();
        RandomGenerator random = new SplittableRandom(seed + 1);
        for (int i = 0; i < values.length; i++) {
            if (values[i] == 0) {
                values[i] = (float) (0.1 * random.nextGaussian());
            }
        }
        model.weights().write(values);
        return model;
    }

    /// A prompt or response of that many tokens.
    public static int[] tokens(int length, long seed) {
        return new SplittableRandom(seed).ints(length, 0, VOCABULARY).toArray();
    }

    /// `log softmax(logits / temperature)` after every token of a sequence, `[tokens][vocabulary]`, in double.
    public static double[][] logDistributions(Backend backend, Model model, int[] sequence, double temperature) {
        Graph graph = new Graph();
        Tensor hidden = Transformer.record(graph, model.parameters());
        Tensor logits = graph.linear("logits", hidden, model.parameters().headWeight(), null, null);
        Capacity capacity = Capacity.training(sequence.length, 1, 0, 0);
        float[] values = new float[sequence.length * VOCABULARY];
        try (Program program = backend.compile(graph, capacity, model.values())) {
            Batch batch = new Batch(capacity);
            batch.addSegment(sequence, 0, sequence.length, -1);
            program.forward(batch);
            program.read(logits, batch, values);
        }
        double[][] distributions = new double[sequence.length][VOCABULARY];
        for (int row = 0; row < sequence.length; row++) {
            double sum = 0;
            for (int token = 0; token < VOCABULARY; token++) {
                sum += Math.exp(values[row * VOCABULARY + token] / temperature);
            }
            for (int token = 0; token < VOCABULARY; token++) {
                distributions[row][token] = values[row * VOCABULARY + token] / temperature - Math.log(sum);
            }
        }
        return distributions;
    }
}
