package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs a cell of any kind.
final class CellStages {
    private final CellStage direct;
    private final BestOfNStage bestOfN;

    CellStages(StudyConfig config, ExactFrontier frontier, Interrupt interrupt) {
        direct = new CellStage(config, frontier, interrupt);
        bestOfN = new BestOfNStage(config, frontier, interrupt);
    }

    /// @param proxy that the cell asks for
    void run(
            Backend backend,
            Cell cell,
            BaseStage.Prepared base,
            @Nullable TrainedProxy proxy,
            RunFolder folder,
            MetricsSink display) {
        switch (cell) {
            case Cell.Direct direct -> this.direct.run(backend, direct, base, proxy, folder, display);
            case Cell.BestOfN best -> bestOfN.run(backend, best, base, Objects.requireNonNull(proxy), folder, display);
        }
    }
}
