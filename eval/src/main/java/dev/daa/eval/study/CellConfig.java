package dev.daa.eval.study;

import dev.daa.train.config.Setting;
import dev.daa.train.run.TrainingConfig;
import java.util.Map;
import java.util.TreeMap;

/// Everything that decides one cell's result: the `config.yaml` of its run folder.
record CellConfig(
        @Setting("objective") String objective,
        @Setting("its parameters") Map<String, Object> parameters,
        @Setting("model size") StudyConfig.Size size,
        @Setting("seed") long seed,
        @Setting("supervised fine-tuning") TrainingConfig sft,
        @Setting("preference pairs") StudyConfig.Preferences preferences,
        @Setting("direct alignment") TrainingConfig align,
        @Setting("evaluation") StudyConfig.Evaluation evaluation) {

    static CellConfig of(StudyConfig config, Cell cell) {
        return new CellConfig(
                cell.objective(),
                new TreeMap<>(cell.parameters()),
                cell.base().size(),
                cell.base().seed(),
                config.sft(),
                config.preferences(),
                config.align(),
                config.evaluation());
    }
}
