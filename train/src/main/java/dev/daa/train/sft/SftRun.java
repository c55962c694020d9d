package dev.daa.train.sft;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.ModelTraining;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.run.InputHashes;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.Seeds;
import java.util.List;

/// Supervised fine-tuning from a model folder and a data file to a run folder.
public final class SftRun {
    private SftRun() {}

    /// What the config's files decide.
    private record Job(
            ModelFolder source, DataReader reader, List<Sequence> examples, TransformerParameters parameters) {
        static Job of(SftConfig config) {
            ModelFolder source = ModelFolder.open(config.model());
            ModelTraining.requireOut(config.out(), source);
            DataReader reader = DataReader.of(source).forTraining(config.rows());
            return new Job(
                    source,
                    reader,
                    reader.examples(config.data()),
                    new TransformerParameters(source.config(), Head.LANGUAGE, "policy"));
        }

        BatchCapacity largestBatch(TrainingConfig training) {
            return BatchCapacity.ofSequences(examples, training.examplesPerPass());
        }
    }

    /// Memory that the run will take.
    public static JointMemory plan(SftConfig config) {
        Job job = Job.of(config);
        try (Backend backend = config.placement().open()) {
            return JointMemory.of(plan(backend, job, config));
        }
    }

    private static MemoryPlan plan(Backend backend, Job job, SftConfig config) {
        TrainingConfig training = config.training();
        return SftLearner.plan(
                backend,
                config.lora().on(job.parameters(), job.source()),
                training.examplesPerPass(),
                job.largestBatch(training),
                training.rule());
    }

    /// Trains to the end; the run folder is then a model folder too, with the last weights. Nothing is written
    /// before everything is checked and has its memory.
    public static void run(SftConfig config, RunDisplay display, Interrupt interrupt) {
        Job job = Job.of(config);
        ModelFolder source = job.source();
        ModelTraining training =
                new ModelTraining(source, config.training(), job.examples().size(), config.checkpoints());
        try (Backend backend = config.placement().open();
                SftLearner learner = learner(backend, job, config)) {
            Manifest manifest = Manifest.here(
                    config.placement().chosen(),
                    backend.description(),
                    config.seed(),
                    config.fromScratch() ? "fresh weights" : source.hash(),
                    new InputHashes().file(config.data()).byPath());
            training.run(
                    learner,
                    config.out(),
                    new ModelTraining.Origin(
                            config,
                            manifest,
                            job.reader().summaries(),
                            job.reader().notes()),
                    display,
                    TrainingLoop.Evaluation.none(),
                    interrupt);
        }
    }

    private static SftLearner learner(Backend backend, Job job, SftConfig config) {
        TrainingConfig training = config.training();
        Seeds seeds = new Seeds(config.seed());
        backend.requireRoom(plan(backend, job, config));
        Model model = config.fromScratch()
                ? Model.initialize(backend, job.parameters(), seeds.stream("initial weights"))
                : job.source().load(backend, job.parameters());
        return new SftLearner(
                backend,
                config.lora().on(backend, model, job.source(), seeds),
                Examples.shuffled(job.examples(), seeds),
                training.batch(),
                training.examplesPerPass(),
                job.largestBatch(training),
                training.rule());
    }
}
