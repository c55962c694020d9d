package dev.daa.model.transformer;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The parameters of a transformer in one layout. Names are ours: `embedding.weight`, `positions.weight`,
/// `block.N.attention.queryKeyValue.{weight,bias}`, …; the checkpoint room maps them to Hugging Face's. With adapters
/// the layout is frozen, and the adapters have another.
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

    /// Name of the second scalar head's weight, in the layout and in that of adapters.
    static final String LENGTH_HEAD = "length.weight";

    private final TransformerConfig config;
    private final Head head;
    private final String name;
    private final @Nullable AdapterParameters adapter;
    private final ParameterLayout layout;
    private final Parameter embedding;
    private final @Nullable Parameter positions;
    private final List<Block> blocks;
    private final Parameter finalNorm;
    private final @Nullable Parameter finalNormBias;
    private final Parameter headWeight;
    private final @Nullable Parameter lengthHead;

    /// @param layoutName tells apart the models of one graph: `policy`, `reference`
    public TransformerParameters(TransformerConfig config, Head head, String layoutName) {
        this(config, head, layoutName, ParameterLayout.LONGEST_ARRAY);
    }

    /// @param longestArray most values of an array of the layout
    public TransformerParameters(TransformerConfig config, Head head, String layoutName, int longestArray) {
        this(config, head, layoutName, longestArray, false);
    }

    private TransformerParameters(
            TransformerConfig config, Head head, String layoutName, int longestArray, boolean withLengthHead) {
        this.config = config;
        this.head = head;
        name = layoutName;
        adapter = null;
        layout = new ParameterLayout(layoutName, longestArray);
        embedding = layout.add("embedding.weight", config.vocabulary(), config.width());
        positions = config.learnedPositions()
                ? layout.add("positions.weight", config.maximumPositions(), config.width())
                : null;
        List<Block> all = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            all.add(block("block." + i));
        }
        blocks = List.copyOf(all);
        finalNorm = layout.add("finalNorm.weight", config.width());
        finalNormBias = normBias("finalNorm.bias");
        headWeight = switch (head) {
            case LANGUAGE ->
                config.tiedHead() ? embedding : layout.add("head.weight", config.vocabulary(), config.width());
            case SCALAR -> layout.add("score.weight", config.width());
        };
        lengthHead = withLengthHead ? layout.add(LENGTH_HEAD, config.width()) : null;
    }

    /// The same parameters under another name, with other adapters or none.
    private TransformerParameters(TransformerParameters of, String name, @Nullable AdapterParameters adapter) {
        config = of.config;
        head = of.head;
        this.name = name;
        this.adapter = adapter;
        layout = of.layout;
        embedding = of.embedding;
        positions = of.positions;
        blocks = of.blocks;
        finalNorm = of.finalNorm;
        finalNormBias = of.finalNormBias;
        Parameter score = adapter == null ? null : adapter.score();
        headWeight = score == null ? of.headWeight : score;
        Parameter length = adapter == null ? null : adapter.length();
        lengthHead = length == null ? of.lengthHead : length;
    }

    /// The parameters of a reward model with a second scalar head, which only its training has, behind all others.
    public TransformerParameters withLengthHead() {
        if (head != Head.SCALAR || adapter != null || lengthHead != null) {
            throw new IllegalStateException(name + " is no reward model of one head without adapters");
        }
        return new TransformerParameters(config, head, name, layout.longestArray(), true);
    }

    /// The same model, frozen, with adapters.
    ///
    /// @param base folder of the model, as adapter files name it
    public TransformerParameters adapted(Lora lora, String base) {
        if (adapter != null) {
            throw new IllegalStateException(name + " has adapters already");
        }
        return new TransformerParameters(
                this, name, new AdapterParameters(this, lora, base, head == Head.SCALAR, lengthHead != null));
    }

    /// The same language model with its adapters off, on the same layout.
    ///
    /// @param otherName tells it apart from this one in a graph that has both
    public TransformerParameters withoutAdapter(String otherName) {
        if (adapter == null || head != Head.LANGUAGE) {
            throw new IllegalStateException(name + " is no language model with adapters");
        }
        return new TransformerParameters(this, otherName, null);
    }

    /// The same language model on the same layout, with adapters of its own of the same form.
    ///
    /// @param otherName tells it apart from this one in a graph that has both
    public TransformerParameters withOwnAdapter(String otherName) {
        TransformerParameters without = withoutAdapter(otherName);
        AdapterParameters form = Objects.requireNonNull(adapter);
        return without.adapted(form.lora(), form.base());
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

    /// Tells apart the models of one graph.
    public String name() {
        return name;
    }

    /// Every parameter but the adapters'.
    public ParameterLayout layout() {
        return layout;
    }

    /// The adapters; null where the whole model is trained.
    public @Nullable AdapterParameters adapter() {
        return adapter;
    }

    /// What is trained: the adapters where there are some, otherwise everything.
    public ParameterLayout trainedLayout() {
        return adapter == null ? layout : adapter.layout();
    }

    public Parameter embedding() {
        return embedding;
    }

    public @Nullable Parameter positions() {
        return positions;
    }

    public List<Block> blocks() {
        return blocks;
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

    /// Weight of the second scalar head `[1, width]`; null without one.
    public @Nullable Parameter lengthHead() {
        return lengthHead;
    }
}
