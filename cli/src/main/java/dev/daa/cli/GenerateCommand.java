package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Setting;
import dev.daa.train.data.DataReader;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/// `daa generate`: responses to prompts.
@Command(
        name = "generate",
        description = {
            "Samples responses to the prompts in a file.",
            "One JSON line a response:"
                + " {\"prompt\":…,\"response\":…,\"prompt_ids\":[…],\"response_ids\":[…],\"logprobs\":[…],\"stopped\":…}."
        })
final class GenerateCommand extends ConfigCommand<GenerateCommand.Config> {
    /// Keys of the command.
    record Config(
            @Setting("model folder") Path model,

            @Setting("rows (JSONL or Parquet) with a prompt, as text or as prompt_ids")
            Path data,

            @Setting(value = "divides the logits; 0 takes the most likely token", byDefault = "1")
            double temperature,

            @Setting(value = "keep the k most likely tokens; 0 keeps all", byDefault = "0")
            int topK,

            @Setting(value = "keep the smallest set of this probability; 1 keeps all", byDefault = "1")
            double topP,

            @Setting(value = "longest response in tokens", byDefault = "128")
            int maxTokens,

            @Setting(value = "responses per prompt", byDefault = "1")
            int samples,

            @Setting(value = "responses generated at the same time", byDefault = "64")
            int batch,

            @Setting(value = "seed of the samples", byDefault = "1")
            long seed,

            @Setting("where to compute") Placement placement) {
        Config {
            atLeastOne("samples", samples);
            atLeastOne("batch", batch);
            Sampling unused =
                    new Sampling(temperature, topK, (float) topP, maxTokens, StopTokens.NONE); // checks its keys
        }

        private static void atLeastOne(String key, int value) {
            if (value < 1) {
                throw new InputException(key + " is " + value + ", expected at least 1");
            }
        }
    }

    private record Row(
            @Nullable String prompt,
            @Nullable String response,
            int[] promptIds,
            int[] responseIds,
            float[] logprobs,
            boolean stopped) {}

    GenerateCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        ModelFolder folder = ModelFolder.open(config.model());
        Optional<Tokenizer> tokenizer = folder.tokenizer();
        List<int[]> prompts = DataReader.of(folder).prompts(config.data(), config.maxTokens());
        TransformerParameters parameters = new TransformerParameters(folder.config(), Head.LANGUAGE, "model");
        Sampling sampling = new Sampling(
                config.temperature(), config.topK(), (float) config.topP(), config.maxTokens(), folder.stopTokens());
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
        try (Backend backend = config.placement().open();
                Generator generator = new Generator(
                        backend,
                        folder.load(backend, parameters),
                        (int) Math.min(config.batch(), (long) prompts.size() * config.samples()),
                        longest,
                        config.maxTokens())) {
            Response[][] responses =
                    generator.generate(prompts, config.samples(), sampling, config.seed(), interrupt::requested);
            for (int i = 0; i < responses.length; i++) {
                for (Response response : responses[i]) {
                    print(config.model(), tokenizer, prompts.get(i), response);
                }
            }
        }
    }

    private void print(Path model, Optional<Tokenizer> tokenizer, int[] prompt, Response response) {
        int shown = response.length() - (response.stopped() ? 1 : 0);
        terminal()
                .out()
                .println(JsonRow.of(
                        model,
                        new Row(
                                tokenizer.map(words -> words.decode(prompt)).orElse(null),
                                tokenizer
                                        .map(words -> words.decode(Arrays.copyOf(response.tokens(), shown)))
                                        .orElse(null),
                                prompt,
                                response.tokens(),
                                response.logProbs(),
                                response.stopped())));
    }
}
