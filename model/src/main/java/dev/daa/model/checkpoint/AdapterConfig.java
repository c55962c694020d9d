package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.model.json.JsonKeys;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.LinearModule;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.TransformerConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// adapter_config.json, as PEFT writes it for LoRA. Keys that change what a trained adapter computes are honoured or
/// refused.
///
/// @param base folder of the model it adapts, as the file says it
/// @param withScore a scalar head is saved with the adapter
record AdapterConfig(String base, boolean withScore, JsonKeys keys) {
    private static final String TARGETS = "target_modules";

    private static final Set<String> HONOURED = Set.of(
            "base_model_name_or_path",
            "peft_type",
            "task_type",
            "r",
            "lora_alpha",
            TARGETS,
            "use_rslora",
            "modules_to_save",
            "bias",
            "init_lora_weights");

    /// Keys about the making of an adapter, its training or its history.
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "auto_mapping",
            "corda_config",
            "ensure_weight_tying",
            "eva_config",
            "fan_in_fan_out",
            "inference_mode",
            "layers_pattern",
            "loftq_config",
            "lora_dropout",
            "lora_ga_config",
            "megatron_core",
            "peft_version",
            "qalora_group_size",
            "revision",
            "runtime_config");

    /// Initialisations that leave the base model's weights as they are.
    private static final Set<String> BASE_KEPT = Set.of("true", "false", "gaussian", "eva", "orthogonal");

    static AdapterConfig read(Path file) {
        JsonKeys keys = JsonKeys.read(file);
        require(keys, "peft_type", Set.of("LORA"), keys.text("peft_type"));
        require(keys, "bias", Set.of("none"), keys.text("bias", "none"));
        JsonNode initialisation = keys.node().path("init_lora_weights");
        require(keys, "init_lora_weights", BASE_KEPT, initialisation.asString("true"));
        for (Map.Entry<String, JsonNode> entry : keys.node().properties()) {
            if (!HONOURED.contains(entry.getKey())
                    && !WITHOUT_EFFECT.contains(entry.getKey())
                    && !isOff(entry.getValue())) {
                throw InputException.of(
                        file + ": " + entry.getKey(),
                        entry.getValue().toString(),
                        "nothing, false or null: it changes what the adapter computes and is not supported",
                        "merge the adapter with PEFT (merge_and_unload) and open the merged model");
            }
        }
        String task = keys.text("task_type", "CAUSAL_LM");
        require(keys, "task_type", Set.of("CAUSAL_LM", "SEQ_CLS"), task);
        boolean savesScore = false;
        for (JsonNode module : keys.list("modules_to_save")) {
            // PEFT names both of a classifier's possible heads.
            require(keys, "modules_to_save", Set.of("score", "classifier"), module.asString());
            savesScore = true;
        }
        return new AdapterConfig(keys.text("base_model_name_or_path"), savesScore || task.equals("SEQ_CLS"), keys);
    }

    private static boolean isOff(JsonNode value) {
        return value.isNull() || value.isBoolean() && !value.booleanValue() || value.isContainer() && value.isEmpty();
    }

    private static void require(JsonKeys keys, String key, Set<String> supported, String found) {
        if (!supported.contains(found)) {
            throw InputException.of(
                    keys.place() + ": " + key,
                    found,
                    String.join(" or ", supported.stream().sorted().toList()),
                    "");
        }
    }

    /// The adapters on a model of that architecture.
    Lora lora(TransformerConfig config) {
        return new Lora(
                keys.integer("r"), keys.number("lora_alpha", 8), targets(config), keys.flag("use_rslora", false));
    }

    /// A list of names, `all-linear`, or a regular expression for whole paths; PEFT's default for the family when
    /// missing.
    private List<String> targets(TransformerConfig config) {
        JsonNode value = keys.node().path(TARGETS);
        if (!keys.has(TARGETS)) {
            return Lora.defaultTargets(config);
        }
        if (!value.isString()) {
            return keys.list(TARGETS).stream().map(JsonNode::asString).toList();
        }
        if (value.stringValue().equals(Lora.ALL_LINEAR)) {
            return List.of(Lora.ALL_LINEAR);
        }
        List<String> matching = new ArrayList<>();
        try {
            Pattern pattern = Pattern.compile(value.stringValue());
            for (int block = 0; block < config.layers(); block++) {
                for (LinearModule module : LinearModule.of(config)) {
                    String path = module.path(config, block);
                    if (pattern.matcher(path).matches()) {
                        matching.add(path);
                    }
                }
            }
        } catch (PatternSyntaxException e) {
            throw new InputException(keys.place() + ": " + TARGETS + ": " + e.getDescription(), e);
        }
        if (matching.isEmpty()) {
            throw InputException.of(
                    keys.place() + ": " + TARGETS, value.toString(), "an expression that matches a linear module", "");
        }
        return matching;
    }

    /// The file of adapters that are made here.
    static String render(Lora lora, String base, TransformerConfig config, Head head) {
        ObjectNode json = JsonKeys.JSON.createObjectNode();
        json.put("peft_type", "LORA");
        json.put("task_type", head == Head.SCALAR ? "SEQ_CLS" : "CAUSAL_LM");
        json.put("base_model_name_or_path", base);
        json.put("r", lora.rank());
        if (lora.alpha() == Math.rint(lora.alpha())) {
            json.put("lora_alpha", (long) lora.alpha());
        } else {
            json.put("lora_alpha", lora.alpha());
        }
        json.put("use_rslora", lora.rankStabilized());
        if (lora.targets().equals(List.of(Lora.ALL_LINEAR))) {
            json.put(TARGETS, Lora.ALL_LINEAR);
        } else {
            ArrayNode targets = json.putArray(TARGETS);
            lora.targets().forEach(targets::add);
        }
        json.put("lora_dropout", 0.0);
        json.put(
                "fan_in_fan_out",
                switch (config.family()) {
                    // Its Conv1D keeps weights transposed.
                    case GPT2 -> true;
                    case GPT_NEOX, LLAMA -> false;
                });
        json.put("bias", "none");
        json.put("init_lora_weights", true);
        json.put("inference_mode", true);
        if (head == Head.SCALAR) {
            json.putArray("modules_to_save").add("score");
        } else {
            json.putNull("modules_to_save");
        }
        return JsonKeys.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }
}
