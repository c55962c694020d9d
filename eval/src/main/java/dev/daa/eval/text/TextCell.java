package dev.daa.eval.text;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.daa.eval.record.Point;
import dev.daa.eval.study.config.OnlineGrids;
import dev.daa.eval.study.config.Reinforcement;
import dev.daa.eval.study.config.RunNames;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.study.config.Treatment;
import dev.daa.train.config.Setting;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.ppo.PolicyGradient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// One run of the grid: a way to train a policy from the SFT model.
sealed interface TextCell {
    /// Of the order of the data and of samples.
    long seed();

    /// Name of the run folder.
    String name();

    /// What it does to the SFT model.
    Treatment treatment();

    /// How its policy is updated.
    TrainingConfig training(TextStudyConfig study);

    /// Everything that decides its result: the `config.yaml` of its run folder.
    Record config(TextStudyConfig study);

    /// What decides the result of every cell.
    record Common(
            @Setting("seed") long seed,
            @Setting("model") Path model,
            @Setting("demonstrations") Path demonstrations,
            @Setting("preferences") Path preferences,

            @Setting(value = "held-out preferences", byDefault = "null") @Nullable
            Path heldOut,

            @Setting("held-out pairs") int heldOutPairs,

            @Setting(value = "gold reward model", byDefault = "null") @Nullable
            Path gold,

            @Setting("labelled by gold") boolean relabel,
            @Setting("rows") RowConfig rows,
            @Setting("supervised fine-tuning") TrainingConfig sft,
            @Setting("reward models") TrainingConfig reward,
            @Setting("adapters") LoraConfig lora,
            @Setting("evaluation") TextStudyConfig.Evaluation evaluation) {
        static Common of(TextStudyConfig study, long seed) {
            return new Common(
                    seed,
                    study.model(),
                    study.demonstrations(),
                    study.preferences(),
                    study.heldOut(),
                    study.heldOutPairs(),
                    study.gold(),
                    study.relabel(),
                    study.rows(),
                    study.sft(),
                    study.reward(),
                    study.lora(),
                    study.evaluation());
        }
    }

    /// Direct alignment with an objective at one β.
    record Direct(StudyConfig.ObjectiveGrid grid, double beta, long seed) implements TextCell {
        @Override
        public String name() {
            return grid.shown() + "-beta" + beta + "-seed" + seed;
        }

        @Override
        public Treatment treatment() {
            return Treatment.direct(grid, beta);
        }

        @Override
        public TrainingConfig training(TextStudyConfig study) {
            return study.align();
        }

        record Config(
                @Setting("objective") String objective,
                @Setting("its parameters") Map<String, Object> parameters,

                @Setting(value = "hash of its classes", byDefault = "null")
                @JsonInclude(JsonInclude.Include.NON_NULL)
                @Nullable
                String code,

                @Setting("direct alignment") TrainingConfig align,
                @JsonUnwrapped Common common) {}

        @Override
        public Record config(TextStudyConfig study) {
            return new Config(
                    grid.name(), new TreeMap<>(grid.at(beta)), grid.code(), training(study), Common.of(study, seed));
        }
    }

    /// Reinforcement on the proxy reward model at one KL coefficient.
    record Reinforced(Reinforcement.Grid grid, double beta, long seed) implements TextCell {
        @Override
        public String name() {
            return RunNames.folder(grid.label()) + "-kl" + beta + "-seed" + seed;
        }

        @Override
        public Treatment treatment() {
            return Treatment.reinforced(grid.label(), beta, TextBaseStage.PROXY, grid.rounds());
        }

        /// Its settings.
        PolicyGradient settings() {
            return grid.method().withKlCoefficient(beta);
        }

        @Override
        public TrainingConfig training(TextStudyConfig study) {
            return Objects.requireNonNull(study.reinforcement()).training();
        }

        record Config(
                @Setting("algorithm and its settings") PolicyGradient method,
                @Setting("its updates") TrainingConfig training,
                @JsonUnwrapped Common common) {}

        @Override
        public Record config(TextStudyConfig study) {
            return new Config(settings(), training(study), Common.of(study, seed));
        }
    }

    /// Alignment on the policy's own samples at one β. The oracle is the gold reward model, which labels as it
    /// labelled the pairs: the greater score is preferred, without noise, and the first response where both are
    /// alike.
    record Online(OnlineGrids.Grid grid, double beta, long seed) implements TextCell {
        @Override
        public String name() {
            return RunNames.folder(grid.label()) + "-beta" + beta + "-seed" + seed;
        }

        @Override
        public Treatment treatment() {
            return Treatment.online(grid.label(), beta, grid, TextBaseStage.PROXY);
        }

        /// Its settings.
        dev.daa.train.online.Online settings() {
            return grid.method().withBeta(beta);
        }

        @Override
        public TrainingConfig training(TextStudyConfig study) {
            return Objects.requireNonNull(study.online()).training();
        }

        record Config(
                @Setting("method and its settings") dev.daa.train.online.Online method,
                @Setting("who labels") OnlineGrids.Labels labels,
                @Setting("its updates") TrainingConfig training,
                @JsonUnwrapped Common common) {}

        @Override
        public Record config(TextStudyConfig study) {
            return new Config(settings(), grid.labels(), training(study), Common.of(study, seed));
        }
    }

    /// What decides the points of best of n, which trains nothing and is no cell.
    record BestOfN(
            @Setting("samples a prompt") int samples,
            @JsonUnwrapped Common common) {}

    /// What points say of this run.
    default Point.Cell pointCell(TextBase base) {
        return treatment().on(name(), base.name(), base.parameters(), seed());
    }

    /// Every cell of a study that is trained.
    static List<TextCell> of(TextStudyConfig study) {
        List<TextCell> cells = new ArrayList<>();
        for (StudyConfig.ObjectiveGrid grid : study.objectives()) {
            add(cells, study, grid.betas(), (beta, seed) -> new Direct(grid, beta, seed));
        }
        if (study.reinforcement() != null) {
            for (Reinforcement.Grid grid : study.reinforcement().algorithms()) {
                add(cells, study, grid.klCoefficients(), (beta, seed) -> new Reinforced(grid, beta, seed));
            }
        }
        if (study.online() != null) {
            for (OnlineGrids.Grid grid : study.online().methods()) {
                add(cells, study, grid.betas(), (beta, seed) -> new Online(grid, beta, seed));
            }
        }
        return cells;
    }

    private static void add(
            List<TextCell> cells,
            TextStudyConfig study,
            List<Double> strengths,
            BiFunction<Double, Long, TextCell> made) {
        for (double strength : strengths) {
            for (long seed : study.seeds()) {
                cells.add(made.apply(strength, seed));
            }
        }
    }
}
