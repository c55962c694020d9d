package dev.daa.eval.study.stage;

import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import java.util.Objects;

/// Runs a cell of any kind.
public final class CellStages {
    private final DirectStage direct;
    private final ReinforcementStage reinforcement;
    private final OnlineStage online;
    private final BestOfNStage bestOfN;

    /// @param backend name of it, as the user gave it
    public CellStages(StudyConfig config, ExactFrontier frontier, Interrupt interrupt, String backend) {
        MeasuredTraining training = new MeasuredTraining(config, frontier, interrupt, backend);
        direct = new DirectStage(config, training);
        reinforcement = new ReinforcementStage(config, training, interrupt);
        online = new OnlineStage(config, training, interrupt);
        bestOfN = new BestOfNStage(config, frontier, interrupt, backend);
    }

    public void run(MeasuredTraining.Job job, MetricsSink display) {
        switch (job.cell()) {
            case Cell.Direct cell -> direct.run(job, cell, display);
            case Cell.Reinforced cell -> reinforcement.run(job, cell, display);
            case Cell.Online cell -> online.run(job, cell, display);
            case Cell.BestOfN cell ->
                bestOfN.run(
                        job.backend(), cell, job.base(), Objects.requireNonNull(job.proxy()), job.folder(), display);
        }
    }
}
