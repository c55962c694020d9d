package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.transformer.Model;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.online.Online;
import dev.daa.train.online.OnlineLearner;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.run.Interrupt;
import java.util.Map;

/// Trains one cell of alignment on its own samples, labelled by the gold or the proxy reward model.
record TextOnlineStage(TextTraining training, Interrupt interrupt) {
    /// Who labels.
    ///
    /// @param shift mean score of the SFT model's samples
    private record Labeller(ModelFolder reward, double shift) {
        static Labeller of(TextTraining.Job job, TextCell.Online cell) {
            return switch (cell.grid().labels()) {
                case ORACLE -> new Labeller(job.base().gold(), job.start().goldShift());
                case PROXY -> new Labeller(job.base().proxy(), job.start().proxyShift());
            };
        }
    }

    void run(TextTraining.Job job, TextCell.Online cell) {
        TextStudyConfig config = training.config();
        Backend backend = job.backend();
        Online settings = cell.settings();
        Labeller labeller = Labeller.of(job, cell);
        StartingPolicy start = training.policy(job);
        Model reference = start.reference();
        TextTraining.Prompts prompts = training.prompts(job);
        try (Learner learner = new OnlineLearner(
                backend,
                new OnlineLearner.Cast(
                        start::named,
                        reference,
                        RewardModel.of(backend, labeller.reward(), prompts.longestScored(), labeller.shift())),
                settings.shape(
                        prompts.longest(),
                        config.evaluation().maxTokens(),
                        job.base().sft().requiredStopTokens()),
                prompts.examples(),
                settings,
                settings.choice(),
                Batching.of(cell.training(config)),
                job.seeds(),
                interrupt::requested)) {
            training.run(job, learner, reference, settings.choice().create(), Map.of());
        }
    }
}
