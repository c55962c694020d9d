package dev.daa.train.ppo;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.ModelTraining;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.InputHashes;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.Seeds;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reinforcement from model folders and a file of prompts to a run folder.
public final class PpoRun {
    private static final String REFERENCE = "reference";

    private PpoRun() {}

    /// What the config's files decide.
    private record Job(
            ModelFolder source,
            ModelFolder reference,
            RewardFolders rewards,
            @Nullable ModelFolder value,
            List<int[]> prompts,
            PolicyGradientLearner.@Nullable Demonstrations demonstrations,
            RolloutSampler.Shape shape,
            Batching batching) {
        static Job of(PpoConfig config) {
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
            ModelFolder value = null;
            if (config.method().usesValues()) {
                value = config.value() == null ? rewards.folders().getFirst() : ModelFolder.open(config.value());
                value.requireReads(source);
            }
            ModelTraining.requireOut(config.out(), source, reference);
            rewards.folders().forEach(reward -> reward.requireElsewhere(config.out()));
            if (value != null) {
                value.requireElsewhere(config.out());
            }
            List<int[]> prompts = DataReader.of(source).prompts(config.data(), config.maxTokens());
            int longest =
                    prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
            RolloutSampler.Shape shape =
                    config.method().shape(longest, config.maxTokens(), source.requiredStopTokens());
            return new Job(
                    source,
                    reference,
                    rewards,
                    value,
                    prompts,
                    config.demonstrations() == null
                            ? null
                            : PolicyGradientLearner.Demonstrations.shuffled(
                                    DataReader.of(source).examples(config.demonstrations()), new Seeds(config.seed())),
                    shape,
                    Batching.of(config.training()));
        }

        TransformerParameters policy() {
            return new TransformerParameters(source.config(), Head.LANGUAGE, "policy");
        }
    }

    /// Memory that the run will take: updates, sampling, and the scores of reference and reward models.
    public static JointMemory plan(PpoConfig config) {
        Job job = Job.of(config);
        try (Backend backend = config.placement().open()) {
            return plan(backend, job, config);
        }
    }

    private static JointMemory plan(Backend backend, Job job, PpoConfig config) {
        TransformerParameters policy = config.lora().on(job.policy(), job.source());
        TransformerParameters reference = config.lora().isOn() && config.reference() == null
                ? config.method().movesReference() ? policy.withOwnAdapter(REFERENCE) : policy.withoutAdapter(REFERENCE)
                : new TransformerParameters(job.reference().config(), Head.LANGUAGE, REFERENCE);
        ModelFolder value = job.value();
        JointMemory memory = PolicyGradientLearner.plan(
                backend,
                policy,
                reference,
                value == null
                        ? null
                        : config.lora().on(new TransformerParameters(value.config(), Head.SCALAR, "value"), value),
                job.shape(),
                job.demonstrations(),
                config.method(),
                job.batching());
        return memory.add(job.rewards().plan(backend, job.shape().longest()));
    }

    /// Trains to the end; the run folder is then a model folder too, with the last weights. Nothing is written
    /// there before everything is checked and has its memory.
    public static void run(PpoConfig config, RunDisplay display, Interrupt interrupt) {
        Job job = Job.of(config);
        ModelFolder source = job.source();
        ModelTraining training = new ModelTraining(
                source,
                config.training(),
                (long) job.prompts().size() * job.shape().samples(),
                config.checkpoints());
        try (Backend backend = config.placement().open();
                PolicyGradientLearner learner = learner(backend, job, config, interrupt)) {
            Manifest manifest = Manifest.here(
                    config.placement().chosen(),
                    backend.description(),
                    config.seed(),
                    source.hash(),
                    job.rewards()
                            .addTo(new InputHashes())
                            .file(config.data())
                            .file(config.demonstrations())
                            .model(config.reference() == null ? null : job.reference())
                            .model(job.value())
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

    private static PolicyGradientLearner learner(Backend backend, Job job, PpoConfig config, Interrupt interrupt) {
        Seeds seeds = new Seeds(config.seed());
        backend.requireRoom(plan(backend, job, config));
        StartingPolicy start = new StartingPolicy(backend, job.source(), config.lora(), seeds);
        Model reference = config.method().movesReference()
                ? start.named(REFERENCE)
                : start.reference(config.reference() == null ? null : job.reference());
        List<Sequence> samples = RewardFolders.samples(
                backend,
                reference,
                job.shape(),
                job.prompts(),
                config.centringPrompts(),
                seeds.derive("centring"),
                interrupt::requested);
        return new PolicyGradientLearner(
                backend,
                new PolicyGradientCast(
                        start.policy(),
                        reference,
                        value(backend, job, config, seeds),
                        config.method()
                                .scaled(
                                        job.rewards()
                                                .reward(backend, job.shape().longest(), samples, interrupt::requested),
                                        samples,
                                        interrupt::requested)),
                job.shape(),
                Examples.shuffled(job.prompts(), seeds),
                job.demonstrations(),
                config.method(),
                job.batching(),
                seeds,
                interrupt::requested);
    }

    /// The value network, with adapters of its own where the policy has some.
    private static @Nullable Model value(Backend backend, Job job, PpoConfig config, Seeds seeds) {
        ModelFolder folder = job.value();
        return folder == null
                ? null
                : config.lora().on(backend, RewardFolders.scalar(backend, folder, "value", seeds), folder, seeds);
    }
}
