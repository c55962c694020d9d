package dev.daa.train.reward;

import dev.daa.train.config.Setting;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `daa reward`: trains a Bradley–Terry reward model on preference pairs.
public record RewardConfig(
        @Setting("model folder to start from; a language head is replaced by a fresh scalar head")
        Path model,

        @Setting("preferences: JSONL or Parquet in any layout of docs/data.md, as text or token ids")
        Path data,

        @Setting(value = "held-out pairs for accuracy and calibration", byDefault = "null") @Nullable
        Path heldOut,

        @Setting("folder of the run; an interrupted run there goes on")
        Path out,

        @Setting(value = "coefficient of (r_w + r_l)², which keeps scores near 0", byDefault = "0.01")
        double centering,

        @Setting(
                value = "coefficient of (mean score of the batch)², which keeps the mean of all prompts near 0, not"
                        + " that of each (BSR; its code takes 0.001 times the pairs of a batch)",
                byDefault = "0")
        double batchCentering,

        @Setting(value = "assumed share of flipped labels", byDefault = "0")
        double labelSmoothing,

        @Setting("a second head for what responses owe to their length (ODIN)")
        LengthHead lengthHead,

        @Setting("how rows of the data become sequences") RowConfig rows,
        @Setting("how the model is updated") TrainingConfig training,

        @Setting("adapters that are trained instead of the model")
        LoraConfig lora,

        @Setting(value = "checkpoints, as fractions of the training", byDefault = "[1.0]")
        List<Double> checkpoints,

        @Setting(value = "seed of the data order and of the head", byDefault = "1")
        long seed,

        @Setting("where to compute") Placement placement) {

    public RewardConfig {
        new RewardLoss(new BradleyTerry(labelSmoothing, centering), batchCentering, lengthHead)
                .requireBatch(training.batch());
    }

    RewardLoss loss() {
        return new RewardLoss(new BradleyTerry(labelSmoothing, centering), batchCentering, lengthHead);
    }
}
