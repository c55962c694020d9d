package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.study.config.GoldModel;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.PreferenceOracle;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.generate.Generator;
import dev.daa.model.transformer.Model;
import dev.daa.train.config.Setting;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.reward.BradleyTerry;
import dev.daa.train.reward.RewardLoss;
import dev.daa.train.rollout.RewardScale;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.util.List;

/// Trains the reward model that is a study's gold: from an SFT model of its own size, on comparisons of that model's
/// samples which the exact gold labels.
public record GoldStage(StudyConfig config, Interrupt interrupt) {
    /// Name of its run folder.
    public static final String NAME = "gold";

    /// As every reward model of a study: keeps scores near 0.
    private static final RewardLoss LOSS = new RewardLoss(new BradleyTerry(0, 0.01));

    /// Everything that decides it: the `config.yaml` of its run folder.
    record Config(
            @Setting("gold reward model") GoldModel gold,
            @Setting("supervised fine-tuning") TrainingConfig sft,
            @Setting("temperature of the labels") double temperature) {}

    public Config ownConfig() {
        return new Config(config.goldModel(), config.sft(), config.preferences().temperature());
    }

    public Gold train(Backend backend, Model sft, RunFolder folder, MetricsSink display) {
        GoldModel settings = config.goldModel();
        Seeds seeds = new Seeds(new Seeds(settings.seed()).derive("gold model"));
        Model model = sft.withScalarHead(backend, "gold", seeds.stream("scalar head"));
        new RewardTraining(settings.training(), LOSS, seeds)
                .run(backend, model, comparisons(backend, sft, seeds), folder, display, interrupt);
        return new Gold.Trained(model.config(), model.flatWeights(), RewardScale.IDENTITY);
    }

    private List<PreferencePair> comparisons(Backend backend, Model sft, Seeds seeds) {
        try (Generator generator = new Generator(
                backend, sft, BaseStage.CONCURRENT, ReviewsWorld.PROMPT_LENGTH, ReviewsWorld.RESPONSE_LIMIT)) {
            Comparisons drawn = Comparisons.of(
                    generator, seeds, "comparisons", config.goldModel().comparisons(), interrupt::requested);
            return drawn.labelled(
                    new PreferenceOracle(config.preferences().temperature(), 0), Gold.Exact.rewards(drawn.responses()));
        }
    }
}
