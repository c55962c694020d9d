package dev.daa.cli;

import dev.daa.train.ppo.PpoConfig;
import dev.daa.train.ppo.PpoRun;
import dev.daa.train.run.Interrupt;
import picocli.CommandLine.Command;

/// `daa ppo`: reinforcement on reward models.
@Command(
        name = "ppo",
        description = {
            "Trains a policy on the scores of reward models with a KL penalty: PPO, RLOO, GRPO and its relatives,"
                    + " REINFORCE, ReMax.",
            "Scores are centred on the reference; objective/kl is the KL that is penalised (k3 per token"
                    + " instead where kl_penalty is loss, χ² where divergence is chi2)."
        })
final class PpoCommand extends ConfigCommand<PpoConfig> {
    PpoCommand(Terminal terminal) {
        super(terminal, PpoConfig.class);
    }

    @Override
    String plan(PpoConfig config) {
        return memory(PpoRun.plan(config));
    }

    @Override
    void run(PpoConfig config, Interrupt interrupt) {
        String title = config.method().label() + " β=" + config.method().klCoefficient();
        PpoRun.run(config, LiveProgress.of(terminal(), title), interrupt);
    }
}
