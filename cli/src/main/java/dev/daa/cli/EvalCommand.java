package dev.daa.cli;

import dev.daa.eval.policy.MeasureConfig;
import dev.daa.eval.policy.PolicyMeasurement;
import dev.daa.train.run.Interrupt;
import picocli.CommandLine.Command;

/// `daa eval`: how far a policy is from its reference, and what reward models say of it.
@Command(
        name = "eval",
        description = {
            "Measures a policy against its reference on the prompts in a file.",
            "One line of JSON: KL both ways in nats per response, entropy, length, and with --reward the score and the"
                    + " win rate against the reference; each with its standard error over prompts."
        })
final class EvalCommand extends ConfigCommand<MeasureConfig> {
    EvalCommand(Terminal terminal) {
        super(terminal, MeasureConfig.class);
    }

    @Override
    void run(MeasureConfig config, Interrupt interrupt) {
        terminal().out().println(JsonRow.of(config.model(), PolicyMeasurement.of(config, interrupt::requested)));
    }
}
