package dev.daa.model.transformer;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Records the ops of a decoder-only transformer: embedding, pre-norm blocks, final norm. What reads the final
/// hidden rows (log-probabilities, scores, logits) is recorded by the caller.
///
/// Serial blocks: `h = x + attention(norm₁(x))`, `y = h + feedForward(norm₂(h))`. Parallel blocks (GPT-NeoX):
/// `y = x + attention(norm₁(x)) + feedForward(norm₂(x))`.
public final class Transformer {
    private final Graph graph;
    private final TransformerParameters parameters;
    private final TransformerConfig config;
    private final AttentionShape shape;
    private final String prefix;
    private final boolean decoding;
    private final @Nullable AdapterParameters adapter;

    private Transformer(Graph graph, TransformerParameters parameters, boolean decoding) {
        this.graph = graph;
        this.parameters = parameters;
        this.decoding = decoding;
        adapter = parameters.adapter();
        config = parameters.config();
        shape = config.attentionShape();
        prefix = parameters.name() + ".";
    }

    /// Appends a transformer over segments, for training and scoring.
    ///
    /// @return hidden rows after the final norm, `[rows, width]`
    public static Tensor record(Graph graph, TransformerParameters parameters) {
        return new Transformer(graph, parameters, false).hidden();
    }

    /// Appends a transformer over the key-value cache, for generation.
    ///
    /// @return hidden rows after the final norm, `[rows, width]`
    public static Tensor recordDecoding(Graph graph, TransformerParameters parameters) {
        return new Transformer(graph, parameters, true).hidden();
    }

    private Tensor hidden() {
        graph.with(parameters.layout());
        if (adapter != null) {
            graph.with(adapter.layout());
        }
        Tensor stream = graph.embedding(prefix + "embedding", parameters.embedding(), parameters.positions());
        int layer = 0;
        for (TransformerParameters.Block block : parameters.blocks()) {
            graph.beginSegment();
            stream = block(prefix + layer + ".", layer, block, stream);
            layer++;
        }
        graph.beginSegment();
        return norm(prefix + "finalNorm", stream, parameters.finalNorm(), parameters.finalNormBias());
    }

    private Tensor block(String name, int layer, TransformerParameters.Block block, Tensor stream) {
        Tensor normed = norm(name + "attentionNorm", stream, block.attentionNorm(), block.attentionNormBias());
        Tensor packed = adapted(
                layer,
                LinearModule.Map.QUERY_KEY_VALUE,
                normed,
                graph.linear(name + "queryKeyValue", normed, block.queryKeyValue(), block.queryKeyValueBias(), null));
        if (!config.learnedPositions()) {
            packed = graph.rotary(packed, shape, config.rotarySize(), config.rotaryBase());
        }
        Tensor attended = decoding
                ? graph.cachedAttention(name + "attention", packed, shape, layer)
                : graph.attention(name + "attention", packed, shape);
        Tensor afterAttention = adapted(
                layer,
                LinearModule.Map.PROJECTION,
                attended,
                graph.linear(name + "projection", attended, block.projection(), block.projectionBias(), stream));
        Tensor innerInput = norm(
                name + "innerNorm",
                config.parallelResidual() ? stream : afterAttention,
                block.innerNorm(),
                block.innerNormBias());
        Tensor inner = adapted(
                layer,
                LinearModule.Map.INNER,
                innerInput,
                graph.linear(name + "inner", innerInput, block.inner(), block.innerBias(), null));
        Tensor activated = switch (config.activation()) {
            case GELU_EXACT -> graph.gelu(name + "gelu", inner, Op.GeluForm.EXACT);
            case GELU_TANH -> graph.gelu(name + "gelu", inner, Op.GeluForm.TANH);
            case SWIGLU -> graph.swiGlu(name + "swiGlu", inner);
        };
        return adapted(
                layer,
                LinearModule.Map.OUTER,
                activated,
                graph.linear(name + "outer", activated, block.outer(), block.outerBias(), afterAttention));
    }

    /// Adds what the adapters of a map make of its input to its output.
    private Tensor adapted(int layer, LinearModule.Map map, Tensor in, Tensor out) {
        if (adapter != null) {
            for (AdapterParameters.Pair pair : adapter.of(layer, map)) {
                String name = prefix + layer + "." + pair.module().name();
                graph.addLinear(
                        graph.linear(name, in, pair.a(), null, null),
                        pair.b(),
                        adapter.lora().scale(),
                        pair.module().first(),
                        out);
            }
        }
        return out;
    }

    private Tensor norm(String name, Tensor in, Parameter weight, @Nullable Parameter bias) {
        return switch (config.normalization()) {
            case LAYER_NORM -> graph.layerNorm(name, in, weight, Objects.requireNonNull(bias), config.epsilon());
            case RMS_NORM -> graph.rmsNorm(name, in, weight, config.epsilon());
        };
    }
}
