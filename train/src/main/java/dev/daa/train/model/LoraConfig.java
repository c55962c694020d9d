package dev.daa.train.model;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Setting;
import dev.daa.train.run.Seeds;
import java.util.List;

/// Low-rank adapters (LoRA): the section of trainers that can train adapters instead of the model.
public record LoraConfig(
        @Setting(
                value = "rank of adapters, which are trained on the frozen model; 0 trains the whole model",
                byDefault = "0",
                aliases = {"lora_rank", "lora_r"})
        int rank,

        @Setting(value = "adapters are scaled by alpha/rank", byDefault = "8", aliases = "lora_alpha")
        double alpha,

        @Setting(
                value = "modules that are adapted, such as q_proj,v_proj, or all-linear; PEFT's for the family when"
                        + " empty",
                byDefault = "[]",
                aliases = {"lora_targets", "lora_target_modules"})
        List<String> targets,

        @Setting(value = "scale by alpha/√rank instead (rsLoRA)", byDefault = "false", aliases = "use_rslora")
        boolean rslora) {

    /// The whole model is trained.
    public static final LoraConfig OFF = new LoraConfig(0, 8, List.of(), false);

    public LoraConfig {
        targets = List.copyOf(targets);
        if (rank < 0) {
            throw new InputException("lora_rank is " + rank + ", expected 0 (no adapters) or more");
        }
        if (!(alpha > 0) || Double.isInfinite(alpha)) {
            throw new InputException("lora_alpha is " + alpha + ", expected a finite number above 0");
        }
        if (rank == 0 && !targets.isEmpty()) {
            throw new InputException("lora_targets is " + targets + " with lora_rank 0; set lora_rank to at least 1");
        }
    }

    /// Whether adapters are trained.
    public boolean isOn() {
        return rank > 0;
    }

    /// The model itself, or frozen with new adapters.
    ///
    /// @param source the folder that the model came from
    public Model on(Backend backend, Model model, ModelFolder source, Seeds seeds) {
        return isOn()
                ? model.adapted(
                        backend,
                        lora(model.config()),
                        base(source),
                        seeds.stream("adapter " + model.parameters().name()))
                : model;
    }

    /// The same for parameters alone.
    public TransformerParameters on(TransformerParameters parameters, ModelFolder source) {
        return isOn() ? parameters.adapted(lora(parameters.config()), base(source)) : parameters;
    }

    private Lora lora(TransformerConfig config) {
        return new Lora(rank, alpha, targets.isEmpty() ? Lora.defaultTargets(config) : targets, rslora);
    }

    /// What adapter files say of their base: its folder, wherever they are opened.
    private static String base(ModelFolder source) {
        return source.path().toAbsolutePath().normalize().toString();
    }
}
