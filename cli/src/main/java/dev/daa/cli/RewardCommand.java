package dev.daa.cli;

import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.run.Interrupt;
import picocli.CommandLine.Command;

/// `daa reward`: Bradley–Terry reward models.
@Command(
        name = "reward",
        description = {
            "Trains a reward model on preference pairs and reports, on held-out pairs, its accuracy, calibration and",
            "correlation with length."
        })
final class RewardCommand extends ConfigCommand<RewardConfig> {
    RewardCommand(Terminal terminal) {
        super(terminal, RewardConfig.class);
    }

    @Override
    String plan(RewardConfig config) {
        return memory(RewardRun.plan(config));
    }

    @Override
    void run(RewardConfig config, Interrupt interrupt) {
        RewardRun.run(config, LiveProgress.of(terminal(), "reward"), interrupt);
    }
}
