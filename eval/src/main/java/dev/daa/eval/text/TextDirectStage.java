package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.transformer.Model;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.AlignReference;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceCache;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.objective.Objective;
import dev.daa.train.run.Interrupt;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Trains one cell of direct alignment.
///
/// @param cache folder of the SFT model's log-probabilities of the pairs
record TextDirectStage(TextTraining training, Path cache, Interrupt interrupt) {
    private static final int SCORING_ROWS = 2048;

    void run(TextTraining.Job job, TextCell.Direct cell) {
        Backend backend = job.backend();
        List<PreferencePair> pairs = job.base().pairs();
        Objective objective = cell.grid().objective(cell.beta());
        TrainingConfig align = cell.training(training.config());
        StartingPolicy start = training.policy(job);
        Model reference = start.reference();
        int longest = pairs.stream().mapToInt(PreferencePair::rows).max().orElseThrow();
        try (Learner learner = new AlignLearner(
                backend,
                start.policy(),
                pairs,
                new EpochOrder(pairs.size(), job.seeds()),
                AlignReference.of(
                        backend,
                        objective,
                        logProbs(job, longest),
                        () -> objective.referenceUpdate().isPresent() ? start.named("reference") : reference,
                        longest,
                        SCORING_ROWS),
                objective,
                cell.beta(),
                Batching.of(align),
                BatchCapacity.ofPairs(pairs, align.examplesPerPass()))) {
            training.run(job, learner, reference, objective, Map.of());
        }
    }

    /// What the SFT model says of the pairs; computed once a study.
    private ReferenceLogProbs logProbs(TextTraining.Job job, int longest) {
        TextBase base = job.base();
        return new ReferenceCache(cache).get(base.sft().hash(), base.pairs(), () -> {
            try (LogProbScorer scorer = new LogProbScorer(
                    job.backend(), base.policy(job.backend(), "reference"), longest, SCORING_ROWS, 1)) {
                return ReferenceLogProbs.of(base.pairs(), sequences -> scorer.score(sequences, interrupt::requested));
            }
        });
    }
}
