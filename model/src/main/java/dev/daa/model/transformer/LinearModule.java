package dev.daa.model.transformer;

import dev.daa.compute.Parameter;
import java.util.List;

/// A linear map of every block as transformers names it. Several may be rows of one of our parameters.
///
/// @param name below the block, `self_attn.q_proj`
/// @param map of ours that holds it
/// @param first row of the parameter
/// @param rows of the module
public record LinearModule(String name, Map map, int first, int rows) {
    /// The linear maps of a block of ours.
    public enum Map {
        QUERY_KEY_VALUE,
        PROJECTION,
        INNER,
        OUTER;

        /// The weight of this map in a block.
        public Parameter weight(TransformerParameters.Block block) {
            return switch (this) {
                case QUERY_KEY_VALUE -> block.queryKeyValue();
                case PROJECTION -> block.projection();
                case INNER -> block.inner();
                case OUTER -> block.outer();
            };
        }
    }

    /// The modules of each block.
    public static List<LinearModule> of(TransformerConfig config) {
        int packed = config.attentionShape().packedWidth();
        int queries = config.attentionShape().queryWidth();
        int keys = config.attentionShape().keyValueWidth();
        int inner = config.innerWidth();
        int width = config.width();
        return switch (config.family()) {
            case GPT2 ->
                List.of(
                        new LinearModule("attn.c_attn", Map.QUERY_KEY_VALUE, 0, packed),
                        new LinearModule("attn.c_proj", Map.PROJECTION, 0, width),
                        new LinearModule("mlp.c_fc", Map.INNER, 0, inner),
                        new LinearModule("mlp.c_proj", Map.OUTER, 0, width));
            case GPT_NEOX ->
                List.of(
                        new LinearModule("attention.query_key_value", Map.QUERY_KEY_VALUE, 0, packed),
                        new LinearModule("attention.dense", Map.PROJECTION, 0, width),
                        new LinearModule("mlp.dense_h_to_4h", Map.INNER, 0, inner),
                        new LinearModule("mlp.dense_4h_to_h", Map.OUTER, 0, width));
            case LLAMA ->
                List.of(
                        new LinearModule("self_attn.q_proj", Map.QUERY_KEY_VALUE, 0, queries),
                        new LinearModule("self_attn.k_proj", Map.QUERY_KEY_VALUE, queries, keys),
                        new LinearModule("self_attn.v_proj", Map.QUERY_KEY_VALUE, queries + keys, keys),
                        new LinearModule("self_attn.o_proj", Map.PROJECTION, 0, width),
                        new LinearModule("mlp.gate_proj", Map.INNER, 0, inner),
                        new LinearModule("mlp.up_proj", Map.INNER, inner, inner),
                        new LinearModule("mlp.down_proj", Map.OUTER, 0, width));
        };
    }

    /// The module's path in the model, `model.layers.3.self_attn.q_proj`.
    public String path(TransformerConfig config, int block) {
        String blocks = switch (config.family()) {
            case GPT2 -> "transformer.h.";
            case GPT_NEOX -> "gpt_neox.layers.";
            case LLAMA -> "model.layers.";
        };
        return blocks + block + "." + name;
    }
}
