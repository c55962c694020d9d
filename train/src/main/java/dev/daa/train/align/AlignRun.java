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
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Schedule;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import dev.daa.train.run.TrainingLoop;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
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
            Objective objective =
                    Objectives.create(config.objective(), config.objectiveParameters(), config.classpath());
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
            int vocabulary = source.config().vocabulary();
            if (reference.config().vocabulary() != vocabulary) {
                throw new InputException(config.reference() + ": the reference has a vocabulary of "
                        + reference.config().vocabulary() + " tokens, expected the policy's " + vocabulary);
            }
            DataReader reader = DataReader.of(source).forTraining(config.rows());
            return new Job(
                    objective,
                    source,
                    reference,
                    reader,
                    objective.unary() ? reader.feedback(config.data()) : reader.pairs(config.data()));
        }

        int capacityRows(TrainingConfig training) {
            return BatchCapacity.ofPairs(pairs, training.examplesPerPass());
        }
    }

    /// Memory that the steps will take, those of a moving reference included.
    public static JointMemory plan(AlignConfig config) {
        Job job = Job.of(config);
        TrainingConfig training = config.training();
        TransformerParameters policy = config.lora().on(parameters(job.source(), "policy"), job.source());
        boolean moves = job.objective().referenceUpdate().isPresent();
        TransformerParameters reference;
        if (sharesWeights(config)) {
            reference = moves ? policy.withOwnAdapter("reference") : policy.withoutAdapter("reference");
        } else {
            reference = parameters(job.reference(), "reference");
        }
        try (Backend backend = config.placement().open()) {
            JointMemory memory = PairUpdater.plan(
                    backend,
                    policy,
                    reference,
                    job.objective(),
                    training.examplesPerPass(),
                    job.capacityRows(training),
                    training.rule());
            return moves
                    ? memory.add(LogProbScorer.plan(backend, reference, longest(job.pairs()), SCORING_ROWS))
                    : memory;
        }
    }

    private static TransformerParameters parameters(ModelFolder source, String layoutName) {
        return new TransformerParameters(source.config(), Head.LANGUAGE, layoutName);
    }

    private static Model load(Backend backend, ModelFolder source, String layoutName) {
        TransformerParameters parameters = parameters(source, layoutName);
        return Model.of(backend, parameters, source.weights(parameters));
    }

    /// Trains to the end; the run folder is then a model folder too, with the last weights. Nothing is written
    /// there before everything is checked and has its memory.
    public static void run(AlignConfig config, RunDisplay display, Interrupt interrupt) {
        Job job = Job.of(config);
        ModelFolder source = job.source();
        TrainingConfig training = config.training();
        int steps = training.stepsOver(job.pairs().size());
        Schedule schedule = training.scheduleOver(steps);
        AlignLearner.requireMoves(job.objective(), steps);
        SortedSet<Integer> checkpointSteps = TrainingLoop.stepsAt(config.checkpoints(), steps);
        try (Backend backend = config.placement().open();
                AlignLearner learner = learner(backend, job, config, interrupt);
                KlProbe probe = probe(backend, learner.model(), job, config);
                RunFolder folder = RunFolder.open(config.out())) {
            folder.config(config, Set.of("placement.threads", "out", "cache"));
            folder.manifest(Manifest.here(
                    config.placement().backend(),
                    backend.description(),
                    config.seed(),
                    source.hash(),
                    Map.of(config.data().toString(), DataHash.of(config.data()))));
            folder.json("data.json", job.reader().summaries());
            new TrainingLoop(
                            learner,
                            schedule,
                            checkpointSteps,
                            TrainingLoop.Retention.ALL,
                            source.tokenizer().orElse(null),
                            source.eosTokenId())
                    .run(
                            folder,
                            display.begin(steps, job.reader().notes()),
                            (_, _, metrics) -> probe.measure(metrics, interrupt::requested),
                            interrupt);
            learner.saveModel(config.out(), source);
        }
    }

    private static AlignLearner learner(Backend backend, Job job, AlignConfig config, Interrupt interrupt) {
        TrainingConfig training = config.training();
        Seeds seeds = new Seeds(config.seed());
        Model model = config.lora().on(backend, load(backend, job.source(), "policy"), job.source(), seeds);
        return new AlignLearner(
                backend,
                model,
                job.pairs(),
                new EpochOrder(job.pairs().size(), seeds),
                AlignReference.of(
                        backend,
                        job.objective(),
                        reference(backend, model, job, config, interrupt),
                        () -> sharesWeights(config)
                                ? AlignReference.ofAdapted(backend, model, job.objective())
                                : load(backend, job.reference(), "reference"),
                        longest(job.pairs()),
                        SCORING_ROWS),
                job.objective(),
                config.beta(),
                training.batch(),
                training.examplesPerPass(),
                job.capacityRows(training),
                training.rule());
    }

    private static KlProbe probe(Backend backend, Model policy, Job job, AlignConfig config) {
        return KlProbe.of(
                backend,
                policy,
                config.klPrompts() == 0 ? policy : referenceModel(backend, policy, job, config),
                job.pairs(),
                config.klPrompts(),
                config.klTokens(),
                job.source().eosTokenIds().isEmpty()
                        ? -1
                        : job.source().eosTokenIds().getFirst(),
                config.seed());
    }

    private static boolean sharesWeights(AlignConfig config) {
        return config.lora().isOn() && config.reference() == null;
    }

    /// The reference that training starts from: the policy with its adapters off, or a model of its own.
    private static Model referenceModel(Backend backend, Model policy, Job job, AlignConfig config) {
        return sharesWeights(config)
                ? policy.withoutAdapter("reference")
                : load(backend, job.reference(), "reference");
    }

    private static ReferenceLogProbs reference(
            Backend backend, Model policy, Job job, AlignConfig config, Interrupt interrupt) {
        return new ReferenceCache(config.cacheFolder())
                .get(
                        job.reference().hash(),
                        job.pairs(),
                        () -> score(backend, referenceModel(backend, policy, job, config), job.pairs(), interrupt));
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
