package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.AdapterFiles;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Setting;
import dev.daa.train.run.Interrupt;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;

/// `daa merge`: a model folder from an adapter and its base.
@Command(
        name = "merge",
        description = {
            "Writes the model that an adapter folder stands for: its base model with W + scale·BA for every adapted W.",
            "Every command opens adapter folders as they are; this is for what opens model folders only."
        })
final class MergeCommand extends ConfigCommand<MergeCommand.Config> {
    /// Keys of the command.
    record Config(
            @Setting("adapter folder: adapter_config.json, which names the base model, and adapter_model.safetensors")
            Path model,

            @Setting("folder of the merged model") Path out) {}

    MergeCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        if (!AdapterFiles.isIn(config.model())) {
            throw InputException.of(config.model().toString(), "no adapter_config.json", "an adapter folder", "");
        }
        ModelFolder.requireNone(config.out());
        ModelFolder folder = ModelFolder.open(config.model());
        TransformerParameters parameters = new TransformerParameters(folder.config(), folder.head(), "merged");
        ModelFolder.write(config.out(), parameters, folder.weights(parameters), folder.text());
        terminal()
                .out()
                .printf(
                        Locale.ROOT,
                        "%s: %,d parameters%n",
                        config.out(),
                        parameters.layout().count());
    }
}
