package dev.daa.eval.text;

import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.align.AlignConfig;
import dev.daa.train.align.AlignRun;
import dev.daa.train.reward.LengthHead;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.sft.SftRun;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What the stages of a study on text take at least, as far as it can be told before its models are there: fine-tuning,
/// the reward models and direct alignment, each from the model that the study starts from, whose shape they all have.
public final class TextStudyMemory {
    private TextStudyMemory() {}

    /// By stage, in the order in which they run. Reinforcement and online alignment need reward models that the
    /// study trains first, so they are not among them.
    ///
    /// @param folder of the study
    /// @throws InputException where one of the stages could not be run
    public static SequencedMap<String, JointMemory> of(TextStudyConfig config, Path folder) {
        TextInputs unused = TextInputs.of(config);
        Path runs = StudyFiles.runs(folder);
        SequencedMap<String, JointMemory> byStage = new LinkedHashMap<>();
        byStage.put("supervised fine-tuning", SftRun.plan(TextBaseStage.sft(config, runs.resolve(TextBaseStage.SFT))));
        byStage.put("a reward model", RewardRun.plan(reward(config, runs.resolve(TextBaseStage.PROXY))));
        for (StudyConfig.ObjectiveGrid grid : config.objectives()) {
            byStage.put("objective " + grid.shown(), AlignRun.plan(align(config, grid, runs.resolve(grid.shown()))));
        }
        return byStage;
    }

    private static RewardConfig reward(TextStudyConfig config, Path out) {
        return new RewardConfig(
                config.model(),
                config.preferences(),
                config.heldOut(),
                out,
                0,
                0,
                0,
                LengthHead.NONE,
                config.rows(),
                config.reward(),
                config.lora(),
                List.of(1.0),
                1,
                config.placement());
    }

    /// The evaluation answers prompts as the probe of `daa align` does.
    private static AlignConfig align(TextStudyConfig config, StudyConfig.ObjectiveGrid grid, Path out) {
        return new AlignConfig(
                config.model(),
                null,
                config.preferences(),
                out,
                grid.name(),
                grid.betas().getFirst(),
                grid.parameters(),
                grid.classpath(),
                config.rows(),
                config.align(),
                config.lora(),
                config.evaluation().checkpoints(),
                config.evaluation().prompts(),
                config.evaluation().maxTokens(),
                config.seeds().getFirst(),
                null,
                config.placement());
    }
}
