package dev.daa.eval.study;

import dev.daa.train.run.MetricsSink;

/// Hears how a study goes; called by several threads at once.
public interface StudyListener {
    /// The study is about to start.
    ///
    /// @param stages runs that are left: SFT models and cells
    /// @param totalSteps optimizer steps of all of them
    /// @param skipped cells that the ledger has already
    void planned(int stages, long totalSteps, int skipped);

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
