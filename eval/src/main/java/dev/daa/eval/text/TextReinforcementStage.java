package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.DataReader;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.ppo.PolicyGradientCast;
import dev.daa.train.ppo.PolicyGradientLearner;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Seeds;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Trains one cell of reinforcement on the proxy reward model, centred on the SFT model as it is measured.
record TextReinforcementStage(TextTraining training, Interrupt interrupt) {
    void run(TextTraining.Job job, TextCell.Reinforced cell) {
        TextStudyConfig config = training.config();
        Backend backend = job.backend();
        ModelFolder sft = job.base().sft();
        ModelFolder proxy = job.base().proxy();
        PolicyGradient settings = cell.settings();
        Seeds seeds = job.seeds();
        StartingPolicy start = training.policy(job);
        Model reference = start.reference();
        TextTraining.Prompts prompts = training.prompts(job);
        PolicyGradientCast cast = new PolicyGradientCast(
                start.policy(),
                settings.movesReference() ? start.named("moving reference") : reference,
                settings.usesValues()
                        ? config.lora().on(backend, RewardFolders.scalar(backend, proxy, "value", seeds), proxy, seeds)
                        : null,
                settings.scaled(
                        RewardModel.of(
                                backend,
                                proxy,
                                prompts.longestScored(),
                                job.start().proxyShift()),
                        job.start().samples(),
                        interrupt::requested));
        Map<String, String> inputs = settings.usesDemonstrations()
                ? Map.of("demonstrations", DataHash.of(config.demonstrations()))
                : Map.of();
        try (Learner learner = new PolicyGradientLearner(
                backend,
                cast,
                settings.shape(prompts.longest(), config.evaluation().maxTokens(), sft.requiredStopTokens()),
                prompts.examples(),
                demonstrations(settings, sft, seeds),
                settings,
                Batching.of(cell.training(config)),
                seeds,
                interrupt::requested)) {
            training.run(job, learner, reference, null, inputs);
        }
    }

    /// Those of supervised fine-tuning.
    private PolicyGradientLearner.@Nullable Demonstrations demonstrations(
            PolicyGradient settings, ModelFolder sft, Seeds seeds) {
        TextStudyConfig config = training.config();
        return settings.usesDemonstrations()
                ? PolicyGradientLearner.Demonstrations.shuffled(
                        DataReader.of(sft).forTraining(config.rows()).examples(config.demonstrations()), seeds)
                : null;
    }
}
