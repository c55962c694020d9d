package dev.daa.train.reward;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import dev.daa.train.run.TrainingLoop;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/// Reward modelling from a model folder and a file of pairs to a run folder.
public final class RewardRun {
    private static final int SCORING_ROWS = 2048;

    private RewardRun() {}

    /// Trains to the end; the run folder is then a model folder too. Held-out pairs are scored at every checkpoint.
    ///
    /// @param display made from the number of steps; takes the run's metrics
    public static void run(RewardConfig config, IntFunction<MetricsSink> display, Interrupt interrupt) {
        ModelFolder source = ModelFolder.open(config.model());
        DataReader reader = DataReader.of(source);
        List<PreferencePair> pairs = reader.pairs(config.data());
        List<PreferencePair> heldOut = config.heldOut() == null ? List.of() : reader.pairs(config.heldOut());
        TrainingConfig training = config.training();
        int steps = training.stepsOver(pairs.size());
        try (RunFolder folder = RunFolder.open(config.out());
                Backend backend = config.placement().open()) {
            folder.config(config, Set.of("placement.threads", "out"));
            folder.manifest(Manifest.here(
                    config.placement().backend(),
                    backend.description(),
                    config.seed(),
                    source.hash(),
                    Map.of(config.data().toString(), DataHash.of(config.data()))));
            Seeds seeds = new Seeds(config.seed());
            Model model = start(backend, source, seeds);
            try (RewardLearner learner = new RewardLearner(
                    backend,
                    model,
                    pairs,
                    new EpochOrder(pairs.size(), seeds),
                    new BradleyTerry(config.labelSmoothing(), config.centering()),
                    training.batch(),
                    training.examplesPerPass(),
                    BatchCapacity.ofPairs(pairs, training.examplesPerPass()),
                    training.rule())) {
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
                                (_, _, metrics) -> withQuality(backend, model, heldOut, metrics),
                                interrupt);
                learner.saveModel(config.out(), source);
            }
        }
    }

    private static Model start(Backend backend, ModelFolder source, Seeds seeds) {
        return switch (source.head()) {
            case LANGUAGE -> {
                TransformerParameters parameters =
                        new TransformerParameters(source.config(), Head.LANGUAGE, "language");
                yield Model.of(backend, parameters, source.weights(parameters))
                        .withScalarHead(backend, "reward", seeds.stream("scalar head"));
            }
            case SCALAR -> {
                TransformerParameters parameters = new TransformerParameters(source.config(), Head.SCALAR, "reward");
                yield Model.of(backend, parameters, source.weights(parameters));
            }
        };
    }

    private static Metrics withQuality(Backend backend, Model model, List<PreferencePair> heldOut, Metrics metrics) {
        if (heldOut.isEmpty()) {
            return metrics;
        }
        int longest = heldOut.stream().mapToInt(PreferencePair::rows).max().orElseThrow();
        try (RewardScorer scorer = new RewardScorer(backend, model, longest, SCORING_ROWS)) {
            RewardQuality quality = RewardQuality.of(
                    scorer.score(
                            heldOut.stream().map(PreferencePair::chosenSequence).toList()),
                    scorer.score(heldOut.stream()
                            .map(PreferencePair::rejectedSequence)
                            .toList()));
            return metrics.with("eval/rewards/accuracies", quality.accuracy())
                    .with("eval/rewards/accuracies_se", quality.accuracyStandardError())
                    .with("eval/loss", quality.loss())
                    .with("eval/calibration_error", quality.calibrationError());
        }
    }
}
