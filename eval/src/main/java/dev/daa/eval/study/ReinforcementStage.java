package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.generate.Sampling;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.Examples;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.ppo.PolicyGradientLearner;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import java.util.Objects;

/// Trains one cell of reinforcement on a proxy reward, with fresh prompts in every step.
record ReinforcementStage(StudyConfig config, MeasuredTraining training, Interrupt interrupt) {
    void run(MeasuredTraining.Job job, Cell.Reinforced cell, MetricsSink display) {
        PolicyGradient method = cell.method(cell.beta());
        TrainingConfig update = Objects.requireNonNull(config.reinforcement()).training();
        RolloutSampler.Shape shape = new RolloutSampler.Shape(
                ReviewsWorld.PROMPT_LENGTH,
                Sampling.full((float) method.temperature(), ReviewsWorld.RESPONSE_LIMIT, Lexicon.EOS),
                method.samplesPerPrompt());
        Backend backend = job.backend();
        TrainedProxy proxy = Objects.requireNonNull(job.proxy());
        Seeds seeds = job.seeds();
        Model policy = job.base().model(backend, "policy");
        RolloutSampler sampler = new RolloutSampler(
                backend,
                policy,
                job.base().model(backend, "reference"),
                proxy.open(backend),
                shape,
                update.batch() / shape.samples());
        Examples<int[]> prompts =
                position -> ReviewsWorld.prompt(ReviewsWorld.item(seeds.stream("reinforcement prompt", position)));
        try (PolicyGradientLearner learner = new PolicyGradientLearner(
                backend,
                policy,
                method.usesValues() ? proxy.model(backend, "value", 0) : null,
                sampler,
                shape,
                prompts,
                method,
                new PolicyGradientLearner.Batching(update.batch(), update.examplesPerPass(), update.rule()),
                seeds,
                interrupt::requested)) {
            training.run(
                    job,
                    learner,
                    MeasuredTraining.Policy.of(policy),
                    update,
                    new PolicyEvaluator.Subject.Other(),
                    display);
        }
    }
}
