package dev.daa.train.loop;

import dev.daa.train.run.Metrics;

/// Where the time of a step went that learns from samples of its own, seconds.
///
/// @param generating sampling responses
/// @param scoring what reference and reward say of them, and their labels
/// @param updating the rest
public record StepTime(double generating, double scoring, double updating) {
    /// From readings of the clock, nanoseconds.
    ///
    /// @param begin of the step
    /// @param generating how much of the step, seconds
    /// @param sampled when responses were there and scored
    /// @param end of the step
    public static StepTime of(long begin, double generating, long sampled, long end) {
        return new StepTime(generating, (sampled - begin) * 1e-9 - generating, (end - sampled) * 1e-9);
    }

    /// The time of both.
    public StepTime plus(StepTime other) {
        return new StepTime(generating + other.generating, scoring + other.scoring, updating + other.updating);
    }

    /// Adds the metrics `time/generating`, `time/scoring` and `time/updating`.
    public Metrics addTo(Metrics metrics) {
        return metrics.with("time/generating", generating)
                .with("time/scoring", scoring)
                .with("time/updating", updating);
    }
}
