package dev.daa.eval.study;

import dev.daa.train.config.Setting;
import dev.daa.train.run.TrainingConfig;

/// Everything that decides one SFT model: the `config.yaml` of its run folder.
record BaseConfig(
        @Setting("model size") StudyConfig.Size size,
        @Setting("seed") long seed,
        @Setting("supervised fine-tuning") TrainingConfig sft) {}
