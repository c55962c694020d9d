package dev.daa.model.transformer;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The parameters of a transformer in one layout. Names are ours: `embedding.weight`, `positions.weight`,
/// `block.N.attention.queryKeyValue.{weight,bias}`, …; the checkpoint room maps them to Hugging Face's.
public final class TransformerParameters {
    /// Parameters of one block. Weights are `[out, in]`; biases and layer-norm biases are absent where the
    /// architecture has none.
    ///
    /// @param queryKeyValue `[packed width, width]`: queries of all heads, then keys, then values
    /// @param inner `[innerWidth, width]`; for SwiGLU `[2·innerWidth, width]`: gate, then up
    /// @param outer `[width, innerWidth]`
    public record Block(
            Parameter attentionNorm,
            @Nullable Parameter attentionNormBias,
            Parameter queryKeyValue,
            @Nullable Parameter queryKeyValueBias,
            Parameter projection,
            @Nullable Parameter projectionBias,
            Parameter innerNorm,
            @Nullable Parameter innerNormBias,
            Parameter inner,
            @Nullable Parameter innerBias,
            Parameter outer,
            @Nullable Parameter outerBias) {}

    private final TransformerConfig config;
    private final Head head;
    private final ParameterLayout layout;
    private final Parameter embedding;
    private final @Nullable Parameter positions;
    private final List<Block> blocks = new ArrayList<>();
    private final Parameter finalNorm;
    private final @Nullable Parameter finalNormBias;
    private final Parameter headWeight;

    /// @param layoutName tells apart the models of one graph: `policy`, `reference`
    public TransformerParameters(TransformerConfig config, Head head, String layoutName) {
        this.config = config;
        this.head = head;
        layout = new ParameterLayout(layoutName);
        embedding = layout.add("embedding.weight", config.vocabulary(), config.width());
        positions = config.learnedPositions()
                ? layout.add("positions.weight", config.maximumPositions(), config.width())
                : null;
        for (int i = 0; i < config.layers(); i++) {
            blocks.add(block("block." + i));
        }
        finalNorm = layout.add("finalNorm.weight", config.width());
        finalNormBias = normBias("finalNorm.bias");
        headWeight = switch (head) {
            case LANGUAGE ->
                config.tiedHead() ? embedding : layout.add("head.weight", config.vocabulary(), config.width());
            case SCALAR -> layout.add("score.weight", config.width());
        };
    }

    private Block block(String prefix) {
        int width = config.width();
        int inner = config.innerWidth();
        int packed = config.attentionShape().packedWidth();
        int query = config.attentionShape().queryWidth();
        boolean gated = config.activation() == TransformerConfig.Activation.SWIGLU;
        int innerRows = gated ? 2 * inner : inner;
        return new Block(
                layout.add(prefix + ".attentionNorm.weight", width),
                normBias(prefix + ".attentionNorm.bias"),
                layout.add(prefix + ".attention.queryKeyValue.weight", packed, width),
                bias(config.queryKeyValueBias(), prefix + ".attention.queryKeyValue.bias", packed),
                layout.add(prefix + ".attention.projection.weight", width, query),
                bias(config.projectionBias(), prefix + ".attention.projection.bias", width),
                layout.add(prefix + ".innerNorm.weight", width),
                normBias(prefix + ".innerNorm.bias"),
                layout.add(prefix + ".inner.weight", innerRows, width),
                bias(config.projectionBias(), prefix + ".inner.bias", innerRows),
                layout.add(prefix + ".outer.weight", width, inner),
                bias(config.projectionBias(), prefix + ".outer.bias", width));
    }

    private @Nullable Parameter normBias(String name) {
        return bias(config.normalization() == TransformerConfig.Normalization.LAYER_NORM, name, config.width());
    }

    private @Nullable Parameter bias(boolean present, String name, int columns) {
        return present ? layout.add(name, columns) : null;
    }

    public TransformerConfig config() {
        return config;
    }

    public Head head() {
        return head;
    }

    public ParameterLayout layout() {
        return layout;
    }

    public Parameter embedding() {
        return embedding;
    }

    public @Nullable Parameter positions() {
        return positions;
    }

    public List<Block> blocks() {
        return List.copyOf(blocks);
    }

    public Parameter finalNorm() {
        return finalNorm;
    }

    public @Nullable Parameter finalNormBias() {
        return finalNormBias;
    }

    /// Weight of the language head `[vocabulary, width]` (the embedding itself when tied) or of the scalar head
    /// `[1, width]`.
    public Parameter headWeight() {
        return headWeight;
    }
}
