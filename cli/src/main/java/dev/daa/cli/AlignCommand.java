package dev.daa.cli;

import dev.daa.train.align.AlignConfig;
import dev.daa.train.align.AlignRun;
import dev.daa.train.run.Interrupt;
import picocli.CommandLine.Command;

/// `daa align`: direct alignment.
@Command(
        name = "align",
        description = {
            "Aligns a model with preference pairs by DPO, IPO, SLiC and others (mean loss over pairs).",
            "`daa objectives` lists the objectives."
        })
final class AlignCommand extends ConfigCommand<AlignConfig> {
    AlignCommand(Terminal terminal) {
        super(terminal, AlignConfig.class);
    }

    @Override
    String plan(AlignConfig config) {
        return memory(AlignRun.plan(config));
    }

    @Override
    void run(AlignConfig config, Interrupt interrupt) {
        String title = config.objective() + (config.beta() == null ? "" : " β=" + config.beta());
        AlignRun.run(config, LiveProgress.of(terminal(), title), interrupt);
    }
}
