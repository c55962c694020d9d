package dev.daa.eval.study.config;

import dev.daa.train.config.Setting;
import dev.daa.train.loop.TrainingConfig;
import org.jspecify.annotations.Nullable;

/// Everything that decides one SFT model: the `config.yaml` of its run folder.
record BaseConfig(
        @Setting("model size") StudyConfig.Size size,
        @Setting("seed") long seed,
        @Setting("supervised fine-tuning") TrainingConfig sft,

        @Setting(value = "gold reward model; null for the exact gold", byDefault = "null") @Nullable
        GoldModel gold) {}
