package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceCache;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import dev.daa.train.run.TrainingLoop;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/// Direct alignment from a model folder and a file of pairs to a run folder.
public final class AlignRun {
    private static final int SCORING_ROWS = 2048;

    private AlignRun() {}

    /// Trains to the end; the run folder is then a model folder too, with the last weights.
    ///
    /// @param display made from the number of steps; takes the run's metrics
    public static void run(AlignConfig config, IntFunction<MetricsSink> display, Interrupt interrupt) {
        Objective objective = Objectives.create(config.objective(), config.objectiveParameters(), config.classpath());
        ModelFolder source = ModelFolder.open(config.model());
        List<PreferencePair> pairs = DataReader.of(source).pairs(config.data());
        TrainingConfig training = config.training();
        int steps = training.stepsOver(pairs.size());
        try (RunFolder folder = RunFolder.open(config.out());
                Backend backend = config.placement().open()) {
            folder.config(config, Set.of("placement.threads", "out", "cache"));
            folder.manifest(Manifest.here(
                    config.placement().backend(),
                    backend.description(),
                    config.seed(),
                    source.hash(),
                    Map.of(config.data().toString(), DataHash.of(config.data()))));
            Path reference = config.reference() == null ? config.model() : config.reference();
            ReferenceLogProbs referenceLogProbs = new ReferenceCache(config.cacheFolder())
                    .get(ModelFolder.open(reference).hash(), pairs, () -> score(backend, reference, pairs));
            Model model = load(backend, source, "policy");
            Model referenceModel =
                    config.klPrompts() == 0 ? model : load(backend, ModelFolder.open(reference), "reference");
            try (AlignLearner learner = new AlignLearner(
                            backend,
                            model,
                            pairs,
                            new EpochOrder(pairs.size(), new Seeds(config.seed())),
                            referenceLogProbs,
                            objective,
                            config.beta(),
                            training.batch(),
                            training.examplesPerPass(),
                            BatchCapacity.ofPairs(pairs, training.examplesPerPass()),
                            training.rule());
                    KlProbe probe = KlProbe.of(
                            backend,
                            model,
                            referenceModel,
                            pairs,
                            config.klPrompts(),
                            config.klTokens(),
                            source.eosTokenIds().isEmpty()
                                    ? -1
                                    : source.eosTokenIds().getFirst(),
                            config.seed())) {
                new TrainingLoop(
                                learner,
                                training.scheduleOver(steps),
                                TrainingLoop.stepsAt(config.checkpoints(), steps),
                                TrainingLoop.Retention.ALL,
                                source.tokenizer().orElse(null),
                                source.eosTokenId())
                        .run(
                                folder,
                                display.apply(steps),
                                (_, _, metrics) -> probe.measure(metrics, interrupt::requested),
                                interrupt);
                learner.saveModel(config.out(), source);
            }
        }
    }

    private static Model load(Backend backend, ModelFolder source, String layoutName) {
        TransformerParameters parameters = new TransformerParameters(source.config(), Head.LANGUAGE, layoutName);
        return Model.of(backend, parameters, source.weights(parameters));
    }

    private static ReferenceLogProbs score(Backend backend, Path reference, List<PreferencePair> pairs) {
        Model model = load(backend, ModelFolder.open(reference), "reference");
        int longest = pairs.stream()
                .mapToInt(pair -> pair.prompt().length + Math.max(pair.chosen().length, pair.rejected().length))
                .max()
                .orElseThrow();
        try (LogProbScorer scorer = new LogProbScorer(backend, model, longest, SCORING_ROWS, 1)) {
            List<Sequence> chosen =
                    pairs.stream().map(PreferencePair::chosenSequence).toList();
            List<Sequence> rejected =
                    pairs.stream().map(PreferencePair::rejectedSequence).toList();
            return new ReferenceLogProbs(scorer.score(chosen), scorer.score(rejected));
        }
    }
}
