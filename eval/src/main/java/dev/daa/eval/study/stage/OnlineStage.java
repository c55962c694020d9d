package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.online.Online;
import dev.daa.train.online.OnlineLearner;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.Seeds;
import java.util.Objects;

/// Trains one cell of alignment on its own samples. The oracle's labels are drawn from the gold reward with the
/// temperature of the study's preferences, so the policy sees nothing of it but labels.
record OnlineStage(StudyConfig config, MeasuredTraining training, Interrupt interrupt) {
    void run(MeasuredTraining.Job job, Cell.Online cell, MetricsSink display) {
        Online method = cell.method(config.preferences());
        TrainingConfig update = Objects.requireNonNull(config.online()).training();
        Backend backend = job.backend();
        Seeds seeds = job.seeds();
        ResponseReward reward = switch (cell.grid().labels()) {
            case ORACLE -> job.base().gold().open(backend);
            case PROXY -> Objects.requireNonNull(job.proxy()).open(backend);
        };
        try (OnlineLearner learner = new OnlineLearner(
                backend,
                new OnlineLearner.Cast(
                        name -> job.base().model(backend, name), job.base().model(backend, "reference"), reward),
                method.shape(ReviewsWorld.PROMPT_LENGTH, ReviewsWorld.RESPONSE_LIMIT, Lexicon.STOP),
                position -> ReviewsWorld.prompt(ReviewsWorld.item(seeds.stream("online prompt", position))),
                method,
                method.choice(),
                Batching.of(update),
                seeds,
                interrupt::requested)) {
            training.run(
                    job,
                    learner,
                    MeasuredTraining.Policy.of(learner.model()),
                    update,
                    new PolicyEvaluator.Subject.Direct(method.choice().create(), cell.beta()),
                    display);
        }
    }
}
