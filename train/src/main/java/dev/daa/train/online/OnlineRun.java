package dev.daa.train.online;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.ModelTraining;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.InputHashes;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.function.Function;

/// Online alignment from model folders and a file of prompts to a run folder.
public final class OnlineRun {
    private OnlineRun() {}

    /// What the config's files decide.
    private record Job(
            ModelFolder source, ModelFolder reference, RewardFolders rewards, List<int[]> prompts, int longestPrompt) {
        static Job of(OnlineConfig config) {
            TrainingConfig training = config.training();
            PairUpdater.requireTrainable(config.choice().create(), training.batch(), training.examplesPerPass());
            ModelFolder source = ModelFolder.open(config.model());
            ModelFolder reference = config.reference() == null ? source : ModelFolder.open(config.reference());
            reference.requireVocabularyOf(source);
            RewardFolders rewards = RewardFolders.open(
                    config.reward(),
                    source,
                    config.combine(),
                    config.penalty(),
                    config.lowerConfidence(),
                    config.lengthPenalty());
            ModelTraining.requireOut(config.out(), source, reference);
            rewards.folders().forEach(reward -> reward.requireElsewhere(config.out()));
            List<int[]> prompts = DataReader.of(source).prompts(config.data(), config.maxTokens());
            return new Job(
                    source,
                    reference,
                    rewards,
                    prompts,
                    prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow());
        }
    }

    /// Memory that the run will take: updates, sampling, and the scores of reference and reward models.
    public static JointMemory plan(OnlineConfig config) {
        Job job = Job.of(config);
        try (Backend backend = config.placement().open()) {
            return plan(backend, job, config);
        }
    }

    private static JointMemory plan(Backend backend, Job job, OnlineConfig config) {
        TrainingConfig training = config.training();
        boolean adapted = config.lora().isOn();
        TransformerParameters policy = config.lora().on(parameters(job.source(), "policy"), job.source());
        Function<String, TransformerParameters> copies = name ->
                name.equals("policy") ? policy : adapted ? policy.withOwnAdapter(name) : parameters(job.source(), name);
        TransformerParameters reference = adapted && config.reference() == null
                ? policy.withoutAdapter("reference")
                : parameters(job.reference(), "reference");
        RolloutSampler.Shape shape = config.method().shape(job.longestPrompt(), config.maxTokens(), StopTokens.NONE);
        return OnlineLearner.plan(
                        backend,
                        copies,
                        reference,
                        shape,
                        config.method(),
                        config.choice().create(),
                        Batching.of(training))
                .add(job.rewards().plan(backend, shape.longest()));
    }

    private static TransformerParameters parameters(ModelFolder from, String layoutName) {
        return new TransformerParameters(from.config(), Head.LANGUAGE, layoutName);
    }

    /// Trains to the end; the run folder is then a model folder too, with the last weights. Nothing is written
    /// there before everything is checked and has its memory.
    public static void run(OnlineConfig config, RunDisplay display, Interrupt interrupt) {
        Job job = Job.of(config);
        ModelFolder source = job.source();
        ModelTraining training =
                new ModelTraining(source, config.training(), job.prompts().size(), config.checkpoints());
        try (Backend backend = config.placement().open();
                OnlineLearner learner = learner(backend, job, config, interrupt)) {
            Manifest manifest = Manifest.here(
                    config.placement().chosen(),
                    backend.description(),
                    config.seed(),
                    source.hash(),
                    job.rewards()
                            .addTo(new InputHashes())
                            .file(config.data())
                            .model(config.reference() == null ? null : job.reference())
                            .classes(config.classpath())
                            .byPath());
            training.run(
                    learner,
                    config.out(),
                    new ModelTraining.Origin(config, manifest, List.of(), List.of()),
                    display,
                    TrainingLoop.Evaluation.none(),
                    interrupt);
        }
    }

    private static OnlineLearner learner(Backend backend, Job job, OnlineConfig config, Interrupt interrupt) {
        Seeds seeds = new Seeds(config.seed());
        backend.requireRoom(plan(backend, job, config));
        StartingPolicy start = new StartingPolicy(backend, job.source(), config.lora(), seeds);
        Model reference = start.reference(config.reference() == null ? null : job.reference());
        Online method = config.method();
        RolloutSampler.Shape shape = method.shape(
                job.longestPrompt(), config.maxTokens(), job.source().requiredStopTokens());
        List<Sequence> samples = RewardFolders.samples(
                backend,
                reference,
                shape,
                job.prompts(),
                config.centringPrompts(),
                seeds.derive("centring"),
                interrupt::requested);
        return new OnlineLearner(
                backend,
                new OnlineLearner.Cast(
                        start::named,
                        reference,
                        job.rewards().reward(backend, shape.longest(), samples, interrupt::requested)),
                shape,
                Examples.shuffled(job.prompts(), seeds),
                method,
                config.choice(),
                Batching.of(config.training()),
                seeds,
                interrupt::requested);
    }
}
