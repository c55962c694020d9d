package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.Feedback;
import dev.daa.train.data.ReferenceCache;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.ModelTraining;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.objective.Objective;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.run.InputHashes;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Direct alignment from a model folder and a file of pairs to a run folder.
public final class AlignRun {
    private static final int SCORING_ROWS = 2048;

    private AlignRun() {}

    /// What the config's files decide.
    private record Job(
            Objective objective,
            ModelFolder source,
            ModelFolder reference,
            DataReader reader,
            List<? extends Feedback> pairs) {
        static Job of(AlignConfig config) {
            Objective objective = config.choice().create();
            TrainingConfig training = config.training();
            PairUpdater.requireTrainable(objective, training.batch(), training.examplesPerPass());
            if (config.lora().isOn()
                    && config.reference() != null
                    && objective.referenceUpdate().isPresent()) {
                throw new InputException("reference is " + config.reference() + ", expected none, as objective "
                        + objective.name() + " moves a copy of the policy's adapters; leave out reference, or set"
                        + " lora_rank to 0");
            }
            ModelFolder source = ModelFolder.open(config.model());
            ModelFolder reference = config.reference() == null ? source : ModelFolder.open(config.reference());
            ModelTraining.requireOut(config.out(), source, reference);
            reference.requireVocabularyOf(source);
            DataReader reader = DataReader.of(source).forTraining(config.rows());
            List<? extends Feedback> rows =
                    objective.unary() ? reader.feedback(config.data()) : reader.pairs(config.data());
            int longestOfReference = reference.config().longestRow(Head.LANGUAGE);
            if (longest(rows) > longestOfReference) {
                throw new InputException(config.reference() + ": the reference takes rows of " + longestOfReference
                        + " tokens, found one of " + longest(rows) + "; lower max_length");
            }
            return new Job(objective, source, reference, reader, rows);
        }

        BatchCapacity largestBatch(TrainingConfig training) {
            return BatchCapacity.ofPairs(pairs, training.examplesPerPass());
        }
    }

    /// Memory that the run will take: the steps with those of a moving reference and the probe of the KL, or the
    /// scores of the reference before them where these take more.
    public static JointMemory plan(AlignConfig config) {
        Job job = Job.of(config);
        try (Backend backend = config.placement().open()) {
            Networks networks = Networks.of(job, config);
            JointMemory steps = steps(backend, job, config);
            JointMemory scores = JointMemory.of(
                            LogProbScorer.plan(backend, networks.reference(), longest(job.pairs()), SCORING_ROWS))
                    .add(networks.policy().layout())
                    .add(networks.policy().trainedLayout());
            return steps.totalBytes() >= scores.totalBytes() ? steps : scores;
        }
    }

    /// What policy and reference start as.
    private record Networks(TransformerParameters policy, TransformerParameters reference) {
        static Networks of(Job job, AlignConfig config) {
            TransformerParameters policy = config.lora().on(parameters(job.source(), "policy"), job.source());
            return new Networks(
                    policy,
                    sharesWeights(config)
                            ? policy.withoutAdapter("reference")
                            : parameters(job.reference(), "reference"));
        }
    }

    private static JointMemory steps(Backend backend, Job job, AlignConfig config) {
        TrainingConfig training = config.training();
        Networks networks = Networks.of(job, config);
        TransformerParameters policy = networks.policy();
        boolean moves = job.objective().referenceUpdate().isPresent();
        TransformerParameters moving = !moves
                ? networks.reference()
                : sharesWeights(config)
                        ? policy.withOwnAdapter("moving reference")
                        : parameters(job.reference(), "moving reference");
        JointMemory steps = PairUpdater.plan(
                        backend,
                        policy,
                        moving,
                        job.objective(),
                        training.examplesPerPass(),
                        job.largestBatch(training),
                        training.rule())
                .add(KlProbe.plan(
                        backend, policy, networks.reference(), job.pairs(), config.klPrompts(), config.klTokens()));
        return moves ? steps.add(LogProbScorer.plan(backend, moving, longest(job.pairs()), SCORING_ROWS)) : steps;
    }

    private static TransformerParameters parameters(ModelFolder source, String layoutName) {
        return new TransformerParameters(source.config(), Head.LANGUAGE, layoutName);
    }

    /// Trains to the end; the run folder is then a model folder too, with the last weights. Nothing is written
    /// there before everything is checked and has its memory.
    public static void run(AlignConfig config, RunDisplay display, Interrupt interrupt) {
        Job job = Job.of(config);
        ModelFolder source = job.source();
        ModelTraining training =
                new ModelTraining(source, config.training(), job.pairs().size(), config.checkpoints());
        AlignLearner.requireMoves(job.objective(), training.steps());
        try (Backend backend = config.placement().open()) {
            backend.requireRoom(steps(backend, job, config));
            Start start = Start.of(backend, job, config, interrupt);
            try (AlignLearner learner = learner(backend, start, job, config);
                    KlProbe probe = probe(backend, start, job, config)) {
                Manifest manifest = Manifest.here(
                        config.placement().chosen(),
                        backend.description(),
                        config.seed(),
                        source.hash(),
                        new InputHashes()
                                .file(config.data())
                                .model(config.reference() == null ? null : job.reference())
                                .classes(config.classpath())
                                .byPath());
                training.run(
                        learner,
                        config.out(),
                        new ModelTraining.Origin(
                                config,
                                manifest,
                                job.reader().summaries(),
                                Stream.concat(job.reader().notes().stream(), Stream.of(probe.note()))
                                        .filter(note -> !note.isEmpty())
                                        .toList()),
                        display,
                        (_, _, metrics) -> probe.measure(metrics, interrupt::requested),
                        interrupt);
            }
        }
    }

    /// Where training networks.
    ///
    /// @param reference that steps and probe ask; there is one in memory, or none where neither does
    private record Start(StartingPolicy models, @Nullable Model reference, ReferenceLogProbs scores) {
        static Start of(Backend backend, Job job, AlignConfig config, Interrupt interrupt) {
            StartingPolicy models = new StartingPolicy(backend, job.source(), config.lora(), new Seeds(config.seed()));
            ModelFolder other = config.reference() == null ? null : job.reference();
            boolean asked = config.klPrompts() > 0 || PairUpdater.needsReferenceModel(job.objective());
            Model reference = asked ? models.reference(other) : null;
            ReferenceLogProbs scores = new ReferenceCache(config.cacheFolder())
                    .get(
                            job.reference().hash(),
                            job.pairs(),
                            () -> score(
                                    backend,
                                    reference == null ? models.reference(other) : reference,
                                    job.pairs(),
                                    interrupt));
            return new Start(models, reference, scores);
        }

        Model policy() {
            return models.policy();
        }
    }

    private static AlignLearner learner(Backend backend, Start start, Job job, AlignConfig config) {
        TrainingConfig training = config.training();
        boolean moves = job.objective().referenceUpdate().isPresent();
        return new AlignLearner(
                backend,
                start.policy(),
                job.pairs(),
                new EpochOrder(job.pairs().size(), new Seeds(config.seed())),
                AlignReference.of(
                        backend,
                        job.objective(),
                        start.scores(),
                        () -> moves ? moving(backend, start, job, config) : Objects.requireNonNull(start.reference()),
                        longest(job.pairs()),
                        SCORING_ROWS),
                job.objective(),
                config.choice().rewardFactor(),
                Batching.of(training),
                job.largestBatch(training));
    }

    private static KlProbe probe(Backend backend, Start start, Job job, AlignConfig config) {
        Model reference = start.reference();
        return KlProbe.of(
                backend,
                start.policy(),
                reference == null ? start.policy() : reference,
                job.pairs(),
                config.klPrompts(),
                config.klTokens(),
                job.source().stopTokens(),
                config.seed());
    }

    private static boolean sharesWeights(AlignConfig config) {
        return config.lora().isOn() && config.reference() == null;
    }

    /// A reference that can be moved.
    private static Model moving(Backend backend, Start start, Job job, AlignConfig config) {
        return config.reference() == null
                ? start.models().named("reference")
                : StartingPolicy.load(backend, job.reference(), "reference");
    }

    private static int longest(List<? extends Feedback> rows) {
        return rows.stream()
                .mapToInt(row -> row.prompt().length + Math.max(length(row.chosen()), length(row.rejected())))
                .max()
                .orElseThrow();
    }

    private static int length(int @Nullable [] response) {
        return response == null ? 0 : response.length;
    }

    private static ReferenceLogProbs score(
            Backend backend, Model reference, List<? extends Feedback> rows, Interrupt interrupt) {
        try (LogProbScorer scorer = new LogProbScorer(backend, reference, longest(rows), SCORING_ROWS, 1)) {
            return ReferenceLogProbs.of(rows, sequences -> scorer.score(sequences, interrupt::requested));
        }
    }
}
