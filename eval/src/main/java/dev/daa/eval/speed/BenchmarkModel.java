package dev.daa.eval.speed;

import dev.daa.model.transformer.TransformerConfig;

/// Models of GPT-2's kind that speed is stated for, with a training batch: so many sequences of so many tokens. In S, M
/// and L the head has a weight of its own, so that L has 162 million parameters.
public enum BenchmarkModel {
    S(512, 128, 4, 4, 16, 128, false),
    M(4096, 384, 6, 6, 8, 256, false),
    L(50_257, 768, 12, 12, 4, 128, false),
    /// The graph of L on almost nothing, so that launching its tasks is all there is.
    LAUNCHES(16, 8, 12, 1, 1, 2, false),
    /// GPT-2 small as it is, 124 million parameters, with a batch for GPUs.
    GPT2(50_257, 768, 12, 12, 16, 1024, true);

    private final int vocabulary;
    private final int width;
    private final int layers;
    private final int heads;
    private final int sequences;
    private final int length;
    private final boolean tied;

    BenchmarkModel(int vocabulary, int width, int layers, int heads, int sequences, int length, boolean tied) {
        this.vocabulary = vocabulary;
        this.width = width;
        this.layers = layers;
        this.heads = heads;
        this.sequences = sequences;
        this.length = length;
        this.tied = tied;
    }

    public int sequences() {
        return sequences;
    }

    public int length() {
        return length;
    }

    public TransformerConfig config() {
        TransformerConfig small = TransformerConfig.gpt2(vocabulary, width, layers, heads, length);
        return new TransformerConfig(
                small.family(),
                small.vocabulary(),
                small.width(),
                small.layers(),
                small.heads(),
                small.keyValueHeads(),
                small.headSize(),
                small.innerWidth(),
                small.maximumPositions(),
                small.rotaryFraction(),
                small.rotaryBase(),
                small.normalization(),
                small.epsilon(),
                small.activation(),
                small.parallelResidual(),
                tied,
                small.queryKeyValueBias(),
                small.projectionBias());
    }
}
