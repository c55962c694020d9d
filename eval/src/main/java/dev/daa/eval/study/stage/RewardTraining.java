package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.reward.RewardLearner;
import dev.daa.train.reward.RewardLoss;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.TreeSet;

/// Trains a reward model of a study in its run folder, or takes it from there.
///
/// @param seeds of the order of the pairs
record RewardTraining(TrainingConfig training, RewardLoss loss, Seeds seeds) {
    /// @param model with a scalar head; holds the trained weights afterwards, without those of a length head
    void run(
            Backend backend,
            Model model,
            List<PreferencePair> pairs,
            RunFolder folder,
            MetricsSink display,
            Interrupt interrupt) {
        boolean second = loss.lengthHead().isOn();
        Model trained = second ? model.withLengthHead(backend, seeds.stream("length head")) : model;
        try (RewardLearner learner = new RewardLearner(
                backend,
                trained,
                pairs,
                new EpochOrder(pairs.size(), seeds),
                loss,
                Batching.of(training),
                BatchCapacity.ofPairs(pairs, training.examplesPerPass()).rows())) {
            new TrainingLoop(
                            learner,
                            training.scheduleOver(training.stepsOver(pairs.size())),
                            new TreeSet<>(),
                            TrainingLoop.Retention.LAST,
                            BaseStage.text())
                    .run(folder, display, TrainingLoop.Evaluation.none(), interrupt);
        }
        if (second) {
            model.takeFrom(trained);
        }
    }
}
