package dev.daa.cli;

import dev.daa.train.online.Online;
import dev.daa.train.online.OnlineConfig;
import dev.daa.train.online.OnlineRun;
import dev.daa.train.run.Interrupt;
import java.util.Locale;
import picocli.CommandLine.Command;

/// `daa online`: alignment on the policy's own samples.
@Command(
        name = "online",
        description = {
            "Aligns a policy with pairs of its own samples, labelled by reward models as they come.",
            "Online and iterative DPO, IPO, SLiC and others; --objective sft --pairing best-worst is RAFT,"
                    + " --second first --exploration 1e-5 is XPO."
        })
final class OnlineCommand extends ConfigCommand<OnlineConfig> {
    OnlineCommand(Terminal terminal) {
        super(terminal, OnlineConfig.class);
    }

    @Override
    String plan(OnlineConfig config) {
        return memory(OnlineRun.plan(config));
    }

    @Override
    void run(OnlineConfig config, Interrupt interrupt) {
        Online method = config.method();
        String title = method.regime().name().toLowerCase(Locale.ROOT) + " " + method.objective()
                + (method.beta() == null ? "" : " β=" + method.beta());
        OnlineRun.run(config, LiveProgress.of(terminal(), title), interrupt);
    }
}
