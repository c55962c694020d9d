package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.tokenizer.BytePairTokenizer;
import dev.daa.model.tokenizer.BytePairTrainer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Setting;
import dev.daa.train.data.DataFile;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Seeds;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;

/// `daa new-model`: a tokenizer of one's own and fresh weights.
@Command(
        name = "new-model",
        description = {
            "Makes a model folder: a byte-level BPE learned from a text and fresh weights of Pythia's architecture.",
            "Train it with: daa sft --model DIR --data TEXT.txt --max-length N --out DIR2"
        })
final class NewModelCommand extends ConfigCommand<NewModelCommand.Config> {
    private static final String EOS = "<|endoftext|>";
    private static final float ROTARY_FRACTION = 0.25f;

    /// Keys of the command.
    record Config(
            @Setting("plain text to learn the tokenizer from")
            Path text,

            @Setting("folder of the model") Path out,

            @Setting(value = "tokens, end of sequence included", byDefault = "1024")
            int vocabulary,

            @Setting(value = "width of the residual stream", byDefault = "128")
            int width,

            @Setting(value = "transformer blocks", byDefault = "4")
            int layers,

            @Setting(value = "attention heads", byDefault = "4")
            int heads,

            @Setting(value = "longest sequence in tokens", byDefault = "512")
            int positions,

            @Setting(value = "seed of the weights", byDefault = "1")
            long seed) {
        Config {
            TransformerConfig unused = shape(Math.max(1, vocabulary), width, layers, heads, positions); // checks
        }
    }

    NewModelCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    private static TransformerConfig shape(int vocabulary, int width, int layers, int heads, int positions) {
        return TransformerConfig.gptNeox(vocabulary, width, layers, heads, positions, ROTARY_FRACTION);
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        ModelFolder.requireNone(config.out());
        String text = DataFile.text(config.text());
        if (text.isBlank()) {
            throw InputException.of(config.text().toString(), "no text", "some to learn the tokenizer from", "");
        }
        BytePairTokenizer tokenizer = new BytePairTrainer().add(text).train(config.vocabulary(), EOS);
        int eos = tokenizer.eosTokenId().orElseThrow();
        TransformerParameters parameters = new TransformerParameters(
                shape(tokenizer.vocabulary(), config.width(), config.layers(), config.heads(), config.positions()),
                Head.LANGUAGE,
                "policy");
        float[][] weights = Model.initialWeights(parameters, new Seeds(config.seed()).stream("initial weights"));
        ModelFolder.write(config.out(), parameters, weights, ModelText.endingWith(tokenizer, eos));
        terminal()
                .out()
                .printf(
                        Locale.ROOT,
                        "%s: %,d tokens, %,d parameters%n",
                        config.out(),
                        tokenizer.vocabulary(),
                        parameters.layout().count());
    }
}
