package dev.daa.train.sft;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;

/// `daa sft`: supervised fine-tuning of a model folder on demonstrations.
public record SftConfig(
        @Setting("model folder to start from") Path model,

        @Setting(
                value = "draw fresh weights from the seed; the model folder then needs its config.json only",
                byDefault = "false")
        boolean fromScratch,

        @Setting("demonstrations: JSONL or Parquet in any layout of docs/data.md, as text or token ids")
        Path data,

        @Setting("folder of the run; an interrupted run there goes on")
        Path out,

        @Setting("how rows of the data become sequences") RowConfig rows,
        @Setting("how the model is updated") TrainingConfig training,

        @Setting("adapters that are trained instead of the model")
        LoraConfig lora,

        @Setting(value = "checkpoints, as fractions of the training", byDefault = "[1.0]")
        List<Double> checkpoints,

        @Setting(value = "seed of the data order", byDefault = "1")
        long seed,

        @Setting("where to compute") Placement placement) {
    public SftConfig {
        if (fromScratch && lora.isOn()) {
            throw new InputException("from_scratch and lora_rank " + lora.rank()
                    + ": adapters would leave the fresh weights as they are drawn; choose one of them");
        }
    }
}
