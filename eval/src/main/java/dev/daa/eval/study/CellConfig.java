package dev.daa.eval.study;

import dev.daa.train.config.Setting;
import dev.daa.train.run.TrainingConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Everything that decides the result of direct alignment: the `config.yaml` of its run folder.
record CellConfig(
        @Setting("objective") String objective,
        @Setting("its parameters") Map<String, Object> parameters,
        @Setting("which weights are measured") StudyConfig.@Nullable Averaging averaging,
        @Setting("model size") StudyConfig.Size size,
        @Setting("seed") long seed,
        @Setting("supervised fine-tuning") TrainingConfig sft,
        @Setting("preference pairs") StudyConfig.Preferences preferences,
        @Setting("direct alignment") TrainingConfig align,
        @Setting("evaluation") StudyConfig.Evaluation evaluation) {}
