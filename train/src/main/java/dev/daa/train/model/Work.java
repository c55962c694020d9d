package dev.daa.train.model;

/// What a step computed, for throughput.
///
/// @param rows of all its micro-batches, forward and backward
/// @param operations on floating-point numbers
public record Work(long rows, double operations) {
    public static final Work NONE = new Work(0, 0);

    public Work plus(Work other) {
        return new Work(rows + other.rows, operations + other.operations);
    }
}
