package dev.daa.train.run;

/// Where a trainer tells what it measures: the run's `metrics.jsonl`, the live display, a test's list.
@FunctionalInterface
public interface MetricsSink {

    /// Takes the metrics of one step; steps never decrease.
    void record(Metrics metrics);

    /// A sink that hands everything to this one and then to `other`.
    default MetricsSink and(MetricsSink other) {
        return metrics -> {
            record(metrics);
            other.record(metrics);
        };
    }

    /// A sink that forgets.
    static MetricsSink none() {
        return _ -> {};
    }
}
