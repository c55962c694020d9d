package dev.daa.eval.study;

import dev.daa.train.run.MetricsSink;
import java.util.List;

/// Hears how a study goes; called by several threads at once.
public interface StudyListener {
    /// A run that the study is going to make.
    ///
    /// @param kind runs of one kind take about the same time per step
    record Planned(String name, String kind, int steps) {}

    /// The study is about to start.
    ///
    /// @param runs what is left: SFT models, reward models and cells
    /// @param skipped cells that the ledger has already
    void planned(List<Planned> runs, int skipped);

    /// A run starts.
    ///
    /// @return takes the run's metrics
    MetricsSink started(String run, int steps);

    /// A run ended well.
    void finished(String run, double seconds);

    /// A run failed; the others go on.
    void failed(String run, Throwable cause);

    /// The points of one more cell are in `report/points.csv`.
    ///
    /// @param missing cells of the study whose points are not
    void collected(int missing);

    /// All runs have ended, the report is being written.
    void reporting();
}
