package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.eval.gold.GoldReward;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.generate.Sampling;
import dev.daa.model.transformer.Model;
import dev.daa.train.objective.Objective;
import dev.daa.train.online.Online;
import dev.daa.train.online.OnlineLearner;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import java.util.Objects;

/// Trains one cell of alignment on its own samples. The oracle's labels are drawn from the gold reward with the
/// temperature of the study's preferences, so the policy sees nothing of it but labels.
record OnlineStage(StudyConfig config, MeasuredTraining training, Interrupt interrupt) {
    void run(MeasuredTraining.Job job, Cell.Online cell, MetricsSink display) {
        Online method = cell.method(config.preferences());
        TrainingConfig update = Objects.requireNonNull(config.online()).training();
        RolloutSampler.Shape shape = new RolloutSampler.Shape(
                ReviewsWorld.PROMPT_LENGTH,
                Sampling.full((float) method.temperature(), ReviewsWorld.RESPONSE_LIMIT, Lexicon.EOS),
                method.samples());
        Backend backend = job.backend();
        Seeds seeds = job.seeds();
        Model policy = job.base().model(backend, "policy");
        Model sampling = job.base().model(backend, "sampling");
        ResponseReward reward = switch (cell.grid().labels()) {
            case ORACLE -> oracle();
            case PROXY -> Objects.requireNonNull(job.proxy()).open(backend);
        };
        RolloutSampler sampler = new RolloutSampler(
                backend, sampling, job.base().model(backend, "reference"), reward, shape, update.batch());
        Objective objective = method.created();
        try (OnlineLearner learner = new OnlineLearner(
                backend,
                policy,
                sampling,
                sampler,
                shape.longest(),
                position -> ReviewsWorld.prompt(ReviewsWorld.item(seeds.stream("online prompt", position))),
                method,
                update.batch(),
                update.examplesPerPass(),
                update.rule(),
                seeds,
                interrupt::requested)) {
            training.run(
                    job,
                    learner,
                    MeasuredTraining.Policy.of(policy),
                    update,
                    new PolicyEvaluator.Subject.Direct(objective, cell.beta()),
                    display);
        }
    }

    private static ResponseReward oracle() {
        GoldReward gold = ReviewsWorld.gold();
        return (responses, _) -> responses.stream()
                .mapToDouble(response -> gold.reward(response.prompt(), response.response()))
                .toArray();
    }
}
