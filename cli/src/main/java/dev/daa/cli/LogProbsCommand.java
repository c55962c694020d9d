package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Setting;
import dev.daa.train.data.DataReader;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;

/// `daa logprobs`: log-probabilities of given responses.
@Command(
        name = "logprobs",
        description = {
            "Prints the log-probabilities of the responses in a file.",
            "One JSON line a row: {\"token_logprobs\":[…],\"sum\":…}, in nats, end of sequence included."
        })
final class LogProbsCommand extends ConfigCommand<LogProbsCommand.Config> {
    private static final int ROWS = 2048;

    /// Keys of the command.
    record Config(
            @Setting("model folder") Path model,

            @Setting("rows (JSONL or Parquet) of prompt and response, as text or as prompt_ids and response_ids")
            Path data,

            @Setting(value = "divides the logits", byDefault = "1")
            double temperature,

            @Setting("where to compute") Placement placement) {
        Config {
            Sampling.requireDivisor("temperature", temperature);
        }
    }

    private record Row(float[] tokenLogprobs, double sum) {}

    LogProbsCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        ModelFolder folder = ModelFolder.open(config.model());
        List<Sequence> sequences = DataReader.of(folder).examples(config.data());
        TransformerParameters parameters = new TransformerParameters(folder.config(), Head.LANGUAGE, "model");
        int longest = sequences.stream().mapToInt(Sequence::length).max().orElseThrow();
        try (Backend backend = config.placement().open();
                LogProbScorer scorer = new LogProbScorer(
                        backend, folder.load(backend, parameters), longest, ROWS, (float) config.temperature())) {
            for (float[] logProbs : scorer.score(sequences, interrupt::requested)) {
                double sum = 0;
                for (float logProb : logProbs) {
                    sum += logProb;
                }
                terminal().out().println(JsonRow.of(config.model(), new Row(logProbs, sum)));
            }
        }
    }
}
