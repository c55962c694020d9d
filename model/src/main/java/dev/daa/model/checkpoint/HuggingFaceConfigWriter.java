package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.model.json.JsonKeys;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerConfig.Activation;
import dev.daa.model.transformer.TransformerConfig.Normalization;
import java.math.BigDecimal;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Renders config.json and generation_config.json so that transformers opens the folder: old and new keys of rotary
/// positions side by side, dropout off.
final class HuggingFaceConfigWriter {
    private HuggingFaceConfigWriter() {}

    /// config.json of a model. An architecture that its family's class cannot express is refused.
    static String config(HuggingFaceConfig described) {
        TransformerConfig config = described.transformer();
        ObjectNode json = JsonKeys.JSON.createObjectNode();
        switch (config.family()) {
            case GPT2 -> gpt2(json, config, described.head());
            case GPT_NEOX -> gptNeox(json, config, described.head());
            case LLAMA -> llama(json, config, described.head());
        }
        json.put("vocab_size", config.vocabulary());
        json.put("tie_word_embeddings", config.tiedHead());
        json.put("initializer_range", 0.02);
        // One name each for the older and the newer versions of transformers.
        json.put("torch_dtype", "float32");
        json.put("dtype", "float32");
        json.put("use_cache", true);
        ids(json, described);
        // Reward models are trained to score the last token of a response, its EOS; transformers' classifiers do so
        // where no padding token is named, and before the EOS where it is that.
        if (described.paddingTokenId().isPresent()) {
            json.put("pad_token_id", described.paddingTokenId().getAsInt());
        } else {
            json.putNull("pad_token_id");
        }
        if (described.head() == Head.SCALAR) {
            json.putObject("id2label").put("0", "LABEL_0");
            json.putObject("label2id").put("LABEL_0", 0);
        }
        return pretty(json);
    }

    /// generation_config.json of a language model.
    static String generationConfig(HuggingFaceConfig described) {
        ObjectNode json = JsonKeys.JSON.createObjectNode();
        json.put("_from_model_config", true);
        ids(json, described);
        return pretty(json);
    }

    private static void gpt2(ObjectNode json, TransformerConfig config, Head head) {
        require(config, config.learnedPositions(), "learned positions");
        require(config, !config.parallelResidual(), "serial residuals");
        requireGptForm(config);
        architecture(json, "gpt2", head == Head.LANGUAGE ? "GPT2LMHeadModel" : "GPT2ForSequenceClassification");
        json.put("n_embd", config.width());
        json.put("n_layer", config.layers());
        json.put("n_head", config.heads());
        json.put("n_inner", config.innerWidth());
        json.put("n_positions", config.maximumPositions());
        json.put("n_ctx", config.maximumPositions());
        json.put("layer_norm_epsilon", exact(config.epsilon()));
        json.put("activation_function", config.activation() == Activation.GELU_EXACT ? "gelu" : "gelu_new");
        for (String key : List.of("attn_pdrop", "embd_pdrop", "resid_pdrop")) {
            json.put(key, 0.0);
        }
    }

    private static void gptNeox(ObjectNode json, TransformerConfig config, Head head) {
        require(config, !config.learnedPositions(), "rotary positions");
        requireGptForm(config);
        architecture(
                json, "gpt_neox", head == Head.LANGUAGE ? "GPTNeoXForCausalLM" : "GPTNeoXForSequenceClassification");
        hidden(json, config);
        json.put("layer_norm_eps", exact(config.epsilon()));
        json.put("hidden_act", config.activation() == Activation.GELU_EXACT ? "gelu" : "gelu_new");
        json.put("use_parallel_residual", config.parallelResidual());
        json.put("attention_bias", true);
        json.put("rotary_emb_base", exact(config.rotaryBase()));
        json.put("rotary_pct", exact(config.rotaryFraction()));
        rope(json, config);
        for (String key : List.of("attention_dropout", "hidden_dropout", "classifier_dropout")) {
            json.put(key, 0.0);
        }
    }

    private static void llama(ObjectNode json, TransformerConfig config, Head head) {
        require(config, config.normalization() == Normalization.RMS_NORM, "RMS norm");
        require(config, config.activation() == Activation.SWIGLU, "SwiGLU");
        require(config, config.rotaryFraction() == 1, "rotary positions on whole heads");
        require(config, !config.parallelResidual(), "serial residuals");
        require(config, config.queryKeyValueBias() || !config.projectionBias(), "no bias on projections alone");
        // Only qwen2 has a bias on queries, keys and values and nowhere else.
        boolean qwen = config.queryKeyValueBias() && !config.projectionBias();
        String task = head == Head.LANGUAGE ? "ForCausalLM" : "ForSequenceClassification";
        architecture(json, qwen ? "qwen2" : "llama", (qwen ? "Qwen2" : "Llama") + task);
        hidden(json, config);
        json.put("num_key_value_heads", config.keyValueHeads());
        json.put("head_dim", config.headSize());
        json.put("rms_norm_eps", exact(config.epsilon()));
        json.put("hidden_act", "silu");
        json.put("rope_theta", exact(config.rotaryBase()));
        rope(json, config);
        json.put("attention_dropout", 0.0);
        if (qwen) {
            json.put("use_sliding_window", false);
        } else {
            json.put("attention_bias", config.queryKeyValueBias());
            json.put("mlp_bias", config.projectionBias());
        }
    }

    /// What GPT-2 and GPT-NeoX share.
    private static void requireGptForm(TransformerConfig config) {
        require(config, config.normalization() == Normalization.LAYER_NORM, "layer norm");
        require(config, config.activation() != Activation.SWIGLU, "GELU");
        require(config, config.queryKeyValueBias() && config.projectionBias(), "biases");
        require(config, config.keyValueHeads() == config.heads(), "as many key-value heads as heads");
        require(config, config.headSize() * config.heads() == config.width(), "head size width / heads");
    }

    private static void require(TransformerConfig config, boolean expressible, String what) {
        if (!expressible) {
            throw new InputException("a checkpoint of the family " + config.family() + " needs " + what
                    + "; choose another family to save this model: " + config);
        }
    }

    private static void architecture(ObjectNode json, String type, String name) {
        json.putArray("architectures").add(name);
        json.put("model_type", type);
    }

    private static void hidden(ObjectNode json, TransformerConfig config) {
        json.put("hidden_size", config.width());
        json.put("num_hidden_layers", config.layers());
        json.put("num_attention_heads", config.heads());
        json.put("intermediate_size", config.innerWidth());
        json.put("max_position_embeddings", config.maximumPositions());
    }

    private static void rope(ObjectNode json, TransformerConfig config) {
        json.putObject("rope_parameters")
                .put("rope_type", "default")
                .put("rope_theta", exact(config.rotaryBase()))
                .put("partial_rotary_factor", exact(config.rotaryFraction()));
    }

    private static void ids(ObjectNode json, HuggingFaceConfig described) {
        List<Integer> eos = described.eosTokenIds();
        if (eos.size() == 1) {
            json.put("eos_token_id", eos.getFirst());
        } else if (eos.isEmpty()) {
            json.putNull("eos_token_id");
        } else {
            ArrayNode ids = json.putArray("eos_token_id");
            eos.forEach(ids::add);
        }
        if (described.bosTokenId().isPresent()) {
            json.put("bos_token_id", described.bosTokenId().getAsInt());
        } else {
            json.putNull("bos_token_id");
        }
    }

    /// The shortest decimal that gives this fp32 back: 1e-5f is written 0.00001 and not 0.000009999999747378752.
    private static BigDecimal exact(float value) {
        return new BigDecimal(Float.toString(value));
    }

    private static String pretty(ObjectNode json) {
        return json.toPrettyString() + "\n";
    }
}
