package dev.daa.cli;

import dev.daa.train.run.Interrupt;
import dev.daa.train.sft.SftConfig;
import dev.daa.train.sft.SftRun;
import picocli.CommandLine.Command;

/// `daa sft`: supervised fine-tuning and pre-training.
@Command(
        name = "sft",
        description =
                "Fine-tunes a model on responses (mean loss over response tokens). With empty prompts: pre-training.")
final class SftCommand extends ConfigCommand<SftConfig> {
    SftCommand(Terminal terminal) {
        super(terminal, SftConfig.class);
    }

    @Override
    String plan(SftConfig config) {
        return memory(SftRun.plan(config));
    }

    @Override
    void run(SftConfig config, Interrupt interrupt) {
        SftRun.run(config, LiveProgress.of(terminal(), "sft"), interrupt);
    }
}
