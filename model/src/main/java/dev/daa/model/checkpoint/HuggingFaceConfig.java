package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.compute.ParameterLayout;
import dev.daa.model.json.JsonKeys;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerConfig.Activation;
import dev.daa.model.transformer.TransformerConfig.Family;
import dev.daa.model.transformer.TransformerConfig.Normalization;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/// A model folder's config.json: architecture, head and the ids that begin and end a sequence.
///
/// @param transformer the architecture
/// @param head from the name of the class that wrote it: `…ForSequenceClassification` has a scalar head
/// @param eosTokenIds ids that end a response; empty when the file names none
/// @param bosTokenId id that begins a sequence, for models trained with one
/// @param paddingTokenId id that transformers' classifiers do not score: they read their score at the last token that
///   is another one, and at the last of all where the file names none
public record HuggingFaceConfig(
        TransformerConfig transformer,
        Head head,
        List<Integer> eosTokenIds,
        OptionalInt bosTokenId,
        OptionalInt paddingTokenId) {
    private static final String CLASSIFIER = "ForSequenceClassification";

    public HuggingFaceConfig {
        eosTokenIds = List.copyOf(eosTokenIds);
    }

    /// Reads config.json. Keys that would change the computation in a way this transformer does not know are
    /// refused by name; keys that are left out have the values that transformers gives them.
    public static HuggingFaceConfig read(Path file) {
        JsonKeys keys = JsonKeys.read(file);
        String type = keys.text("model_type");
        TransformerConfig transformer = switch (type) {
            case "gpt2" -> gpt2(keys);
            case "gpt_neox" -> gptNeox(keys);
            case "llama", "mistral", "qwen2" -> llama(keys, type);
            default ->
                throw InputException.of(
                        file + ": model_type", "\"" + type + "\"", "gpt2, gpt_neox, llama, mistral or qwen2", "");
        };
        return new HuggingFaceConfig(
                transformer,
                head(keys),
                keys.integers("eos_token_id"),
                keys.optionalInteger("bos_token_id"),
                keys.optionalInteger("pad_token_id"));
    }

    private static Head head(JsonKeys keys) {
        String architecture = keys.node().path("architectures").path(0).asString("");
        if (!architecture.endsWith(CLASSIFIER)) {
            return Head.LANGUAGE;
        }
        int labels = keys.has("id2label") ? keys.object("id2label").node().size() : keys.integer("num_labels", 2);
        if (labels != 1) {
            throw InputException.of(
                    keys.place() + ": " + architecture, labels + " labels", "1, the score of a reward model", "");
        }
        return Head.SCALAR;
    }

    private static TransformerConfig gpt2(JsonKeys keys) {
        refuse(keys, "add_cross_attention", false);
        refuse(keys, "scale_attn_by_inverse_layer_idx", false);
        refuse(keys, "scale_attn_weights", true);
        int width = positive(keys, "n_embd");
        int heads = positive(keys, "n_head");
        requireMatrix(keys, "n_embd", width, keys.has("n_inner") ? positive(keys, "n_inner") : 4L * width);
        requireMatrix(keys, "n_embd", width, Math.max(positive(keys, "vocab_size"), positive(keys, "n_positions")));
        return new TransformerConfig(
                Family.GPT2,
                positive(keys, "vocab_size"),
                width,
                positive(keys, "n_layer"),
                heads,
                heads,
                headSize(keys, width, heads),
                keys.has("n_inner") ? positive(keys, "n_inner") : 4 * width,
                positive(keys, "n_positions"),
                0,
                10_000,
                Normalization.LAYER_NORM,
                (float) keys.number("layer_norm_epsilon", 1e-5),
                gelu(keys, "activation_function", "gelu_new"),
                false,
                keys.flag("tie_word_embeddings", true),
                true,
                true);
    }

    private static TransformerConfig gptNeox(JsonKeys keys) {
        refuse(keys, "attention_bias", true);
        int width = positive(keys, "hidden_size");
        int heads = positive(keys, "num_attention_heads");
        requireMatrix(keys, "hidden_size", width, 2L * positive(keys, "intermediate_size"));
        requireMatrix(keys, "hidden_size", width, Math.max(positive(keys, "vocab_size"), 3L * width));
        Rope rope = Rope.read(keys, "rotary_emb_base", "rotary_pct", 0.25);
        return new TransformerConfig(
                Family.GPT_NEOX,
                positive(keys, "vocab_size"),
                width,
                positive(keys, "num_hidden_layers"),
                heads,
                heads,
                headSize(keys, width, heads),
                positive(keys, "intermediate_size"),
                keys.integer("max_position_embeddings", 2048),
                rope.fraction(),
                rope.base(),
                Normalization.LAYER_NORM,
                (float) keys.number("layer_norm_eps", 1e-5),
                gelu(keys, "hidden_act", "gelu"),
                keys.flag("use_parallel_residual", true),
                keys.flag("tie_word_embeddings", false),
                true,
                true);
    }

    private static TransformerConfig llama(JsonKeys keys, String type) {
        String activation = keys.text("hidden_act", "silu");
        if (!activation.equals("silu") && !activation.equals("swish")) {
            throw InputException.of(keys.place() + ": hidden_act", "\"" + activation + "\"", "silu", "");
        }
        boolean qwen = type.equals("qwen2");
        boolean attentionBias = keys.flag("attention_bias", false);
        if (!qwen && keys.flag("mlp_bias", false) != attentionBias) {
            throw InputException.of(
                    keys.place(),
                    "attention_bias " + attentionBias + " and mlp_bias " + !attentionBias,
                    "both true or both false",
                    "");
        }
        int width = positive(keys, "hidden_size");
        int heads = positive(keys, "num_attention_heads");
        requireMatrix(keys, "hidden_size", width, 2L * positive(keys, "intermediate_size"));
        requireMatrix(keys, "hidden_size", width, Math.max(positive(keys, "vocab_size"), 3L * width));
        int keyValueHeads = keys.integer("num_key_value_heads", type.equals("mistral") ? 8 : qwen ? 32 : heads);
        Rope rope = Rope.read(keys, "rope_theta", "partial_rotary_factor", 1);
        if (rope.fraction() != 1) {
            throw InputException.of(
                    keys.place() + ": partial_rotary_factor", "" + rope.fraction(), "1 for " + type, "");
        }
        return new TransformerConfig(
                Family.LLAMA,
                positive(keys, "vocab_size"),
                width,
                positive(keys, "num_hidden_layers"),
                heads,
                keyValueHeads,
                keys.has("head_dim") ? keys.integer("head_dim") : headSize(keys, width, heads),
                positive(keys, "intermediate_size"),
                positions(keys, type),
                1,
                rope.base(),
                Normalization.RMS_NORM,
                (float) keys.number("rms_norm_eps", 1e-6),
                Activation.SWIGLU,
                false,
                keys.flag("tie_word_embeddings", false),
                qwen || attentionBias,
                !qwen && attentionBias);
    }

    /// Up to the length of a sliding window, attention over a window is full attention; so the window bounds the
    /// length.
    private static int positions(JsonKeys keys, String type) {
        int positions = switch (type) {
            case "mistral" -> keys.integer("max_position_embeddings", 131_072);
            case "qwen2" -> keys.integer("max_position_embeddings", 32_768);
            default -> keys.integer("max_position_embeddings", 2048);
        };
        boolean sliding = type.equals("mistral") || keys.flag("use_sliding_window", false);
        int window = keys.node().has("sliding_window") ? positions : 4096;
        return sliding ? Math.min(positions, keys.integer("sliding_window", window)) : positions;
    }

    private static Activation gelu(JsonKeys keys, String key, String otherwise) {
        String name = keys.text(key, otherwise);
        return switch (name) {
            case "gelu" -> Activation.GELU_EXACT;
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> Activation.GELU_TANH;
            default ->
                throw InputException.of(
                        keys.place() + ": " + key,
                        "\"" + name + "\"",
                        "gelu, gelu_new, gelu_pytorch_tanh or gelu_fast",
                        "");
        };
    }

    private static int positive(JsonKeys keys, String key) {
        int value = keys.integer(key);
        if (value < 1) {
            throw InputException.of(keys.place() + ": " + key, "" + value, "at least 1", "");
        }
        return value;
    }

    /// Refuses a matrix that no array holds.
    private static void requireMatrix(JsonKeys keys, String widthKey, int width, long rows) {
        if (rows * width > ParameterLayout.LONGEST_ARRAY) {
            throw InputException.of(
                    keys.place() + ": " + widthKey,
                    width + ", which makes a matrix of " + rows + " × " + width,
                    "at most " + ParameterLayout.LONGEST_ARRAY + " values in a matrix",
                    "");
        }
    }

    private static int headSize(JsonKeys keys, int width, int heads) {
        if (heads < 1 || width % heads != 0) {
            throw InputException.of(keys.place(), "width " + width, "a multiple of the " + heads + " heads", "");
        }
        return width / heads;
    }

    private static void refuse(JsonKeys keys, String key, boolean supported) {
        if (keys.flag(key, supported) != supported) {
            throw InputException.of(
                    keys.place() + ": " + key, "" + !supported, "" + supported, "the other is not supported");
        }
    }

    /// Rotary positions: `rope_parameters` since version 5 of transformers, keys of their own and `rope_scaling`
    /// before. Version 5 reads `rope_scaling`, where it says something, as `rope_parameters`.
    private record Rope(float base, float fraction) {
        static Rope read(JsonKeys keys, String baseKey, String fractionKey, double fraction) {
            refuseScaling(keys, "rope_parameters");
            refuseScaling(keys, "rope_scaling");
            JsonKeys scaling = keys.object("rope_scaling");
            JsonKeys parameters = scaling.node().isEmpty() ? keys.object("rope_parameters") : scaling;
            double oldBase = keys.number(baseKey, keys.number("rope_theta", 10_000));
            double oldFraction = keys.number(fractionKey, keys.number("partial_rotary_factor", fraction));
            double share = parameters.number("partial_rotary_factor", oldFraction);
            if (!(share > 0 && share <= 1)) {
                throw InputException.of(
                        keys.place(), "rotary positions on a share of " + share, "above 0, at most 1", "");
            }
            return new Rope((float) parameters.number("rope_theta", oldBase), (float) share);
        }

        private static void refuseScaling(JsonKeys keys, String key) {
            JsonKeys scaling = keys.object(key);
            String type = scaling.text("rope_type", scaling.text("type", "default"));
            if (!type.equals("default")) {
                throw InputException.of(
                        scaling.place(),
                        "rope_type \"" + type + "\"",
                        "default",
                        "scaled rotary positions are not supported");
            }
        }
    }
}
