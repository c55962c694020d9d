package dev.daa.train.run;

import java.util.List;

/// Shows a run to whoever started it.
@FunctionalInterface
public interface RunDisplay {
    /// The run begins.
    ///
    /// @param steps how many it has
    /// @param notes what the person should know first, such as rows of the data that were left out; a line each
    /// @return takes the run's metrics
    MetricsSink begin(int steps, List<String> notes);
}
