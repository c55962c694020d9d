package dev.daa.compute;

/// A matrix that flows through a [Graph]: `rows × width` fp32 values, row-major. How many rows it has in a
/// step is said by the [Batch] through its extent.
///
/// @param id position among the graph's tensors
/// @param name unique in its graph, for messages and profiles
/// @param extent which count of the batch gives the number of rows
/// @param width values per row
public record Tensor(int id, String name, Extent extent, int width) {

    /// What a tensor has one row for.
    public enum Extent {
        /// One row per packed token.
        ROWS,
        /// One row per scored token: a pair of a source row and a target token.
        TARGETS,
        /// One row per scored position of the scalar head.
        SCORES
    }

    /// Number of rows that `batch` fills.
    public int rows(Batch batch) {
        return switch (extent) {
            case ROWS -> batch.rows();
            case TARGETS -> batch.targets();
            case SCORES -> batch.scores();
        };
    }

    /// Number of rows that must be allocated under `capacity`.
    public int rows(Capacity capacity) {
        return switch (extent) {
            case ROWS -> capacity.rows();
            case TARGETS -> capacity.targets();
            case SCORES -> capacity.scores();
        };
    }

    @Override
    public String toString() {
        return name + "[" + extent.name().toLowerCase(java.util.Locale.ROOT) + ", " + width + "]";
    }
}
