package dev.daa.eval.text;

import dev.daa.compute.InputException;
import dev.daa.eval.study.config.OnlineGrids;
import dev.daa.eval.study.config.Reinforcement;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.model.generate.Sampling;
import dev.daa.train.config.Setting;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `daa text-study`: the grid of a study on a model folder and files of text. Another model or other data need other
/// paths only.
public record TextStudyConfig(
        @Setting("one line that names the study") String title,
        @Setting("model folder that everything starts from") Path model,

        @Setting("demonstrations for supervised fine-tuning, in any layout of docs/data.md")
        Path demonstrations,

        @Setting("preferences, in any layout of docs/data.md")
        Path preferences,

        @Setting(value = "held-out preferences; the end of preferences when absent", byDefault = "null") @Nullable
        Path heldOut,

        @Setting(
                value = "pairs held out from the end of preferences where there is no held_out, or more: all pairs with"
                        + " one prompt are held out together",
                byDefault = "256")
        int heldOutPairs,

        @Setting(
                value = "folder of a finished gold reward model; trained on the labels of preferences when absent",
                byDefault = "null")
        @Nullable
        Path gold,

        @Setting(
                value = "label the pairs by the gold reward model, so that it is what the labels say (Gao et al.)",
                byDefault = "true")
        boolean relabel,

        @Setting("how rows of the data become sequences") RowConfig rows,
        @Setting("supervised fine-tuning") TrainingConfig sft,

        @Setting("training of the gold and the proxy reward model")
        TrainingConfig reward,

        @Setting("adapters that every stage trains instead of its model: sft, reward models, every cell")
        LoraConfig lora,

        @Setting(value = "objectives of direct alignment with their grids of β", byDefault = "[]")
        List<StudyConfig.ObjectiveGrid> objectives,

        @Setting("direct alignment") TrainingConfig align,

        @Setting(value = "reinforcement on the proxy reward model", byDefault = "null") @Nullable
        Reinforcement reinforcement,

        @Setting(
                value = "alignment on the policy's own samples; oracle labels are the gold reward model's",
                byDefault = "null")
        @Nullable
        OnlineGrids online,

        @Setting(value = "seeds of every cell: order of the data and samples", byDefault = "[1]")
        List<Long> seeds,

        @Setting(value = "samples a prompt for best of n by the proxy reward model; 0 for none", byDefault = "0")
        int bestOfN,

        @Setting("what is measured at each checkpoint") Evaluation evaluation,
        @Setting("where to compute") Placement placement) {

    /// What is measured at each checkpoint.
    public record Evaluation(
            @Setting(value = "checkpoints, as fractions of the training", byDefault = "[0.25, 0.5, 0.75, 1.0]")
            List<Double> checkpoints,

            @Setting(value = "held-out prompts, one response each", byDefault = "256")
            int prompts,

            @Setting(value = "longest response in tokens", byDefault = "128")
            int maxTokens,

            @Setting(
                    value = "sampling temperature, also that of KL and entropy along the samples; implicit rewards and"
                            + " held-out pairs are scored at 1, as in training",
                    byDefault = "1")
            double temperature) {
        public Evaluation {
            if (checkpoints.isEmpty() || checkpoints.stream().anyMatch(fraction -> !(fraction > 0 && fraction <= 1))) {
                throw new InputException(
                        "evaluation.checkpoints is " + checkpoints + ", expected fractions above 0 and at most 1");
            }
            if (prompts < 2) {
                throw new InputException("evaluation.prompts is " + prompts + ", expected at least 2");
            }
            if (maxTokens < 1) {
                throw new InputException("evaluation.max_tokens is " + maxTokens + ", expected at least 1");
            }
            Sampling.requireDivisor("evaluation.temperature", temperature);
        }
    }

    public TextStudyConfig {
        if (objectives.isEmpty() && bestOfN == 0 && reinforcement == null && online == null) {
            throw new InputException("objectives is [], expected at least one, or best_of_n, reinforcement or online");
        }
        if (seeds.isEmpty() || seeds.stream().distinct().count() < seeds.size()) {
            throw new InputException("seeds is " + seeds + ", expected at least one and no repetition");
        }
        if (bestOfN < 0 || bestOfN == 1) {
            throw new InputException("best_of_n is " + bestOfN + ", expected 0 (none) or at least 2");
        }
        if (heldOut == null && heldOutPairs < 2) {
            throw new InputException("held_out_pairs is " + heldOutPairs + ", expected at least 2");
        }
        StudyConfig.requireOwnLabels(objectives, reinforcement, online);
        for (StudyConfig.ObjectiveGrid grid : objectives) {
            requireLast("objective " + grid.shown(), grid.averaging());
            PairUpdater.requireTrainable(
                    grid.objective(grid.betas().getFirst()), align.batch(), align.examplesPerPass());
        }
        if (reinforcement != null) {
            for (Reinforcement.Grid grid : reinforcement.algorithms()) {
                requireTheOneProxy("reinforcement " + grid.label(), grid.proxies());
                requireLast("reinforcement " + grid.label(), grid.averaging());
                if (grid.rounds().count() > 1) {
                    throw new InputException("reinforcement " + grid.label() + " has "
                            + grid.rounds().count()
                            + " rounds, expected 1: a study on text does not train its reward model again");
                }
            }
        }
        if (online != null) {
            for (OnlineGrids.Grid grid : online.methods()) {
                requireTheOneProxy("online " + grid.label(), grid.proxies());
                if (grid.labels() == OnlineGrids.Labels.ORACLE && grid.method().labelTemperature() > 0) {
                    throw new InputException("online " + grid.label() + " has label_temperature "
                            + grid.method().labelTemperature() + " with labels from the oracle, expected 0: the gold"
                            + " reward model labels it as it labels the pairs, without noise");
                }
            }
        }
    }

    private static void requireLast(String what, StudyConfig.@Nullable Averaging averaging) {
        if (averaging != null) {
            throw new InputException(what + " has averaging, expected none: a study on text measures the last weights;"
                    + " daa merge averages finished models");
        }
    }

    private static void requireTheOneProxy(String what, List<String> proxies) {
        if (!proxies.isEmpty()) {
            throw new InputException(
                    what + " has proxies " + proxies + ", expected none: a study on text has one reward model");
        }
    }

    /// Name of the model's folder.
    String modelName() {
        Path name = model.toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }
}
