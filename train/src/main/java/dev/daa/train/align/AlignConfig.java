package dev.daa.train.align;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.objective.ObjectiveChoice;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `daa align`: direct alignment of a model folder on preference pairs.
public record AlignConfig(
        @Setting("model folder to start from") Path model,

        @Setting(value = "model folder of the reference; the model itself when absent", byDefault = "null") @Nullable
        Path reference,

        @Setting("preferences: JSONL or Parquet in any layout of docs/data.md, as text or token ids")
        Path data,

        @Setting("folder of the run; an interrupted run there goes on")
        Path out,

        @Setting(value = "name from `daa objectives`, a mixture, or a class of yours", byDefault = "dpo")
        String objective,

        @Setting(value = "β of the objective; its own default when absent", byDefault = "null") @Nullable
        Double beta,

        @Setting(value = "further parameters of the objective, as {ipo_form: unified}", byDefault = "{}")
        Map<String, Object> parameters,

        @Setting(value = "jars or folders with objective classes of yours", byDefault = "[]")
        List<Path> classpath,

        @Setting("how rows of the data become sequences") RowConfig rows,
        @Setting("how the model is updated") TrainingConfig training,

        @Setting("adapters that are trained instead of the model")
        LoraConfig lora,

        @Setting(value = "checkpoints, as fractions of the training", byDefault = "[0.25, 0.5, 0.75, 1.0]")
        List<Double> checkpoints,

        @Setting(
                value = "prompts of the data answered at each checkpoint to measure KL and length, the first that"
                        + " differ before repeated ones; 0 for none",
                byDefault = "64")
        int klPrompts,

        @Setting(value = "longest of these answers in tokens", byDefault = "64")
        int klTokens,

        @Setting(value = "seed of the data order", byDefault = "1")
        long seed,

        @Setting(
                value = "folder that keeps the reference's log-probabilities of the data for further runs on the same"
                        + " model and data; reference-cache beside `out` when absent",
                byDefault = "null")
        @Nullable
        Path cache,

        @Setting("where to compute") Placement placement) {

    public AlignConfig {
        ObjectiveChoice choice = new ObjectiveChoice(objective, beta, parameters, classpath);
        beta = choice.beta();
        parameters = choice.parameters();
        if (klPrompts < 0) {
            throw new InputException("kl_prompts is " + klPrompts + ", expected 0 (none) or more");
        }
        if (klTokens < 1) {
            throw new InputException("kl_tokens is " + klTokens + ", expected at least 1");
        }
    }

    ObjectiveChoice choice() {
        return new ObjectiveChoice(objective, beta, parameters, classpath);
    }

    Path cacheFolder() {
        return cache != null ? cache : out.toAbsolutePath().resolveSibling("reference-cache");
    }
}
