package dev.daa.train.reward;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.ModelTraining;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.run.InputHashes;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.Seeds;
import java.util.List;

/// Reward modelling from a model folder and a file of pairs to a run folder.
public final class RewardRun {
    private static final int SCORING_ROWS = 2048;

    private RewardRun() {}

    /// What the config's files decide.
    private record Job(
            ModelFolder source,
            DataReader reader,
            List<PreferencePair> pairs,
            List<PreferencePair> heldOut,
            RewardLoss loss,
            TransformerParameters parameters) {
        static Job of(RewardConfig config) {
            ModelFolder source = ModelFolder.open(config.model());
            ModelTraining.requireOut(config.out(), source);
            DataReader reader = DataReader.of(source, Head.SCALAR).forTraining(config.rows());
            TransformerParameters scalar = new TransformerParameters(source.config(), Head.SCALAR, "reward");
            return new Job(
                    source,
                    reader,
                    reader.pairs(config.data()),
                    config.heldOut() == null ? List.of() : reader.pairs(config.heldOut()),
                    config.loss(),
                    config.lengthHead().isOn() ? scalar.withLengthHead() : scalar);
        }

        BatchCapacity largestBatch(TrainingConfig training) {
            return BatchCapacity.ofPairs(pairs, training.examplesPerPass());
        }
    }

    /// Memory that the run will take: the steps, and the scores of held-out pairs beside them.
    public static JointMemory plan(RewardConfig config) {
        Job job = Job.of(config);
        try (Backend backend = config.placement().open()) {
            return plan(backend, job, config);
        }
    }

    private static JointMemory plan(Backend backend, Job job, RewardConfig config) {
        TrainingConfig training = config.training();
        TransformerParameters parameters = config.lora().on(job.parameters(), job.source());
        JointMemory memory = JointMemory.of(RewardLearner.plan(
                backend,
                parameters,
                training.examplesPerPass(),
                job.largestBatch(training).rows(),
                training.rule()));
        return job.heldOut().isEmpty()
                ? memory
                : memory.add(RewardScorer.plan(backend, parameters, longest(job.heldOut()), SCORING_ROWS));
    }

    /// Trains to the end; the run folder is then a model folder too. Held-out pairs are scored at every checkpoint.
    /// Nothing is written before everything is checked and has its memory.
    public static void run(RewardConfig config, RunDisplay display, Interrupt interrupt) {
        Job job = Job.of(config);
        ModelFolder source = job.source();
        ModelTraining training =
                new ModelTraining(source, config.training(), job.pairs().size(), config.checkpoints());
        try (Backend backend = config.placement().open();
                RewardLearner learner = learner(backend, job, config)) {
            Manifest manifest = Manifest.here(
                    config.placement().chosen(),
                    backend.description(),
                    config.seed(),
                    source.hash(),
                    new InputHashes().file(config.data()).file(config.heldOut()).byPath());
            training.run(
                    learner,
                    config.out(),
                    new ModelTraining.Origin(
                            config,
                            manifest,
                            job.reader().summaries(),
                            job.reader().notes()),
                    display,
                    (_, model, metrics) -> withQuality(backend, model, job.heldOut(), metrics, interrupt),
                    interrupt);
        }
    }

    private static RewardLearner learner(Backend backend, Job job, RewardConfig config) {
        TrainingConfig training = config.training();
        Seeds seeds = new Seeds(config.seed());
        backend.requireRoom(plan(backend, job, config));
        Model scalar = RewardFolders.scalar(backend, job.source(), "reward", seeds);
        Model model = config.lengthHead().isOn() ? scalar.withLengthHead(backend, seeds.stream("length head")) : scalar;
        return new RewardLearner(
                backend,
                config.lora().on(backend, model, job.source(), seeds),
                job.pairs(),
                new EpochOrder(job.pairs().size(), seeds),
                job.loss(),
                Batching.of(training),
                job.largestBatch(training).rows());
    }

    private static int longest(List<PreferencePair> pairs) {
        return pairs.stream().mapToInt(PreferencePair::rows).max().orElseThrow();
    }

    private static Metrics withQuality(
            Backend backend, Model model, List<PreferencePair> heldOut, Metrics metrics, Interrupt interrupt) {
        if (heldOut.isEmpty()) {
            return metrics;
        }
        try (RewardScorer scorer = new RewardScorer(backend, model, longest(heldOut), SCORING_ROWS)) {
            List<Sequence> chosen =
                    heldOut.stream().map(PreferencePair::chosenSequence).toList();
            List<Sequence> rejected =
                    heldOut.stream().map(PreferencePair::rejectedSequence).toList();
            RewardQuality quality = RewardQuality.of(
                    scorer.score(chosen, interrupt::requested),
                    scorer.score(rejected, interrupt::requested),
                    chosen,
                    rejected);
            return metrics.with("eval/rewards/accuracies", quality.accuracy())
                    .with("eval/rewards/accuracies_se", quality.accuracyStandardError())
                    .with("eval/loss", quality.loss())
                    .with("eval/calibration_error", quality.calibrationError())
                    .with("eval/rewards/length_correlation", quality.lengthCorrelation());
        }
    }
}
