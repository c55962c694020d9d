package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.AlignReference;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.objective.Objective;
import dev.daa.train.run.MetricsSink;

/// Trains one cell of direct alignment.
record DirectStage(StudyConfig config, MeasuredTraining training) {
    void run(MeasuredTraining.Job job, Cell.Direct cell, MetricsSink display) {
        Backend backend = job.backend();
        BaseStage.Prepared base = job.base();
        Objective objective = cell.grid().objective(cell.beta());
        TrainingConfig align = config.align();
        int microBatch = align.examplesPerPass();
        AveragedWeights.Training runs = AveragedWeights.of(
                job,
                cell.grid().averaging(),
                (_, seeds) -> new AlignLearner(
                        backend,
                        base.model(backend, "policy"),
                        base.pairs(),
                        new EpochOrder(base.pairs().size(), seeds),
                        AlignReference.of(
                                backend,
                                objective,
                                base.referenceLogProbs(),
                                () -> base.model(backend, "reference"),
                                BaseStage.LONGEST,
                                BaseStage.SCORING_ROWS),
                        objective,
                        cell.beta(),
                        new Batching(align.batch(), microBatch, align.rule()),
                        BatchCapacity.ofPairs(base.pairs(), microBatch)));
        try (Learner learner = runs.learner()) {
            training.run(
                    job,
                    learner,
                    runs.policy(),
                    align,
                    new PolicyEvaluator.Subject.Direct(objective, cell.beta()),
                    display);
        }
    }
}
