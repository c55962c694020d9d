package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.ppo.PolicyGradientCast;
import dev.daa.train.ppo.PolicyGradientLearner;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.Seeds;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Trains one cell of reinforcement on a proxy reward, with fresh prompts in every step.
record ReinforcementStage(StudyConfig config, MeasuredTraining training, Interrupt interrupt) {
    void run(MeasuredTraining.Job job, Cell.Reinforced cell, MetricsSink display) {
        AveragedWeights.Training runs = AveragedWeights.of(
                job,
                cell.averaging(),
                (first, seeds) -> cell.rounds().count() == 1 ? single(job, cell, first, seeds) : iterated(job, cell));
        try (Learner learner = runs.learner()) {
            training.run(
                    job,
                    learner,
                    runs.policy(),
                    Objects.requireNonNull(config.reinforcement()).training(),
                    new PolicyEvaluator.Subject.Other(),
                    display);
        }
    }

    /// @param first whether it may be stopped while it samples
    private Learner single(MeasuredTraining.Job job, Cell.Reinforced cell, boolean first, Seeds seeds) {
        Backend backend = job.backend();
        TrainedProxy proxy = Objects.requireNonNull(job.proxy());
        return learner(
                job,
                cell,
                job.base().model(backend, "policy"),
                cell.settings().scaled(proxy.open(backend), job.base().centringSamples(), interrupt::requested),
                proxy.model(backend, "value", 0),
                seeds,
                first ? interrupt::requested : () -> false);
    }

    private Learner iterated(MeasuredTraining.Job job, Cell.Reinforced cell) {
        Model policy = job.base().model(job.backend(), "policy");
        RewardRounds[] rounds = new RewardRounds[1];
        rounds[0] = new RewardRounds(
                job,
                config,
                cell.rounds(),
                policy,
                (reward, former) -> {
                    PolicyGradientLearner next = learner(
                            job,
                            cell,
                            policy,
                            rounds[0].rewardOf(cell.settings()),
                            Model.of(
                                    job.backend(),
                                    new TransformerParameters(reward.config(), Head.SCALAR, "value"),
                                    reward.flatWeights()),
                            job.seeds(),
                            interrupt::requested);
                    if (former.length > 0) {
                        next.goOnFrom(former);
                    }
                    return next;
                },
                interrupt);
        return new IteratedLearner(rounds[0], cell.steps(config), cell.rounds().count());
    }

    /// @param reward centred and scaled; closed with the learner
    /// @param value that a value network starts from
    private PolicyGradientLearner learner(
            MeasuredTraining.Job job,
            Cell.Reinforced cell,
            Model policy,
            ResponseReward reward,
            Model value,
            Seeds seeds,
            BooleanSupplier cancelled) {
        PolicyGradient method = cell.method();
        TrainingConfig update = Objects.requireNonNull(config.reinforcement()).training();
        Backend backend = job.backend();
        return new PolicyGradientLearner(
                backend,
                new PolicyGradientCast(
                        policy, job.base().model(backend, "reference"), method.usesValues() ? value : null, reward),
                method.shape(ReviewsWorld.PROMPT_LENGTH, ReviewsWorld.RESPONSE_LIMIT, Lexicon.STOP),
                position -> ReviewsWorld.prompt(ReviewsWorld.item(seeds.stream("reinforcement prompt", position))),
                demonstrations(method, seeds),
                method,
                Batching.of(update),
                seeds,
                cancelled);
    }

    /// Fresh reference reviews.
    private static PolicyGradientLearner.@Nullable Demonstrations demonstrations(PolicyGradient method, Seeds seeds) {
        Seeds own = new Seeds(seeds.derive("demonstrations"));
        return method.usesDemonstrations()
                ? new PolicyGradientLearner.Demonstrations(
                        position -> BaseStage.freshReview(own, position), BaseStage.LONGEST)
                : null;
    }
}
