package dev.daa.train.sft;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.Examples;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import dev.daa.train.run.TrainingLoop;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/// Supervised fine-tuning from a model folder and a data file to a run folder.
public final class SftRun {
    private SftRun() {}

    /// Trains to the end; the run folder is then a model folder too, with the last weights.
    ///
    /// @param display made from the number of steps; takes the run's metrics
    public static void run(SftConfig config, IntFunction<MetricsSink> display, Interrupt interrupt) {
        ModelFolder source = ModelFolder.open(config.model());
        List<Sequence> examples = DataReader.of(source).examples(config.data());
        TransformerParameters parameters = new TransformerParameters(source.config(), Head.LANGUAGE, "policy");
        TrainingConfig training = config.training();
        int steps = training.stepsOver(examples.size());
        try (RunFolder folder = RunFolder.open(config.out());
                Backend backend = config.placement().open()) {
            folder.config(config, Set.of("placement.threads", "out"));
            folder.manifest(Manifest.here(
                    config.placement().backend(),
                    backend.description(),
                    config.seed(),
                    config.fromScratch() ? "fresh weights" : source.hash(),
                    Map.of(config.data().toString(), DataHash.of(config.data()))));
            Seeds seeds = new Seeds(config.seed());
            Model model = config.fromScratch()
                    ? Model.initialize(backend, parameters, seeds.stream("initial weights"))
                    : Model.of(backend, parameters, source.weights(parameters));
            try (SftLearner learner = new SftLearner(
                    backend,
                    model,
                    Examples.shuffled(examples, seeds),
                    training.batch(),
                    training.examplesPerPass(),
                    BatchCapacity.ofSequences(examples, training.examplesPerPass()),
                    training.rule())) {
                new TrainingLoop(
                                learner,
                                training.scheduleOver(steps),
                                TrainingLoop.stepsAt(config.checkpoints(), steps),
                                TrainingLoop.Retention.ALL,
                                source.tokenizer().orElse(null),
                                source.eosTokenId())
                        .run(folder, display.apply(steps), TrainingLoop.Evaluation.none(), interrupt);
                learner.saveModel(config.out(), source);
            }
        }
    }
}
