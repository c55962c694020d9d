package dev.daa.eval.speed;

import dev.daa.model.transformer.TransformerConfig;

/// Models of GPT-2's kind that speed is stated for, with a training batch: so many sequences of so many tokens. The
/// head has a weight of its own, so that L has 162 million parameters.
public enum BenchmarkModel {
    S(512, 128, 4, 4, 16, 128),
    M(4096, 384, 6, 6, 8, 256),
    L(50_257, 768, 12, 12, 4, 128);

    private final int vocabulary;
    private final int width;
    private final int layers;
    private final int heads;
    private final int sequences;
    private final int length;

    BenchmarkModel(int vocabulary, int width, int layers, int heads, int sequences, int length) {
        this.vocabulary = vocabulary;
        this.width = width;
        this.layers = layers;
        this.heads = heads;
        this.sequences = sequences;
        this.length = length;
    }

    public int sequences() {
        return sequences;
    }

    public int length() {
        return length;
    }

    public TransformerConfig config() {
        TransformerConfig tied = TransformerConfig.gpt2(vocabulary, width, layers, heads, length);
        return new TransformerConfig(
                tied.family(),
                tied.vocabulary(),
                tied.width(),
                tied.layers(),
                tied.heads(),
                tied.keyValueHeads(),
                tied.headSize(),
                tied.innerWidth(),
                tied.maximumPositions(),
                tied.rotaryFraction(),
                tied.rotaryBase(),
                tied.normalization(),
                tied.epsilon(),
                tied.activation(),
                tied.parallelResidual(),
                false,
                tied.queryKeyValueBias(),
                tied.projectionBias());
    }
}
