package dev.daa.compute;

/// The largest batch that a compiled program accepts; memory is allocated for it once, before the first step.
///
/// @param rows packed tokens
/// @param segments sequences and shared prefixes
/// @param targets scored tokens
/// @param scores positions scored by the scalar head
/// @param cacheRows token positions held by the key-value cache of each layer (generation only)
public record Capacity(int rows, int segments, int targets, int scores, int cacheRows) {
    /// Sequences whose cache rows begin at a multiple of this share no block of the cache with another one, and
    /// reading them touches the fewest blocks.
    public static final int CACHE_BLOCK = 16;

    public Capacity {
        if (rows < 1 || segments < 0 || targets < 0 || scores < 0 || cacheRows < 0) {
            throw new IllegalArgumentException("capacity needs at least one row and no negative count, found " + rows
                    + " rows, " + segments + " segments, " + targets + " targets, " + scores + " scores, " + cacheRows
                    + " cache rows");
        }
    }

    /// Capacity of a training or scoring program.
    public static Capacity training(int rows, int segments, int targets, int scores) {
        return new Capacity(rows, segments, targets, scores, 0);
    }

    /// Capacity of a decoding program: every row has a cache position instead of a segment.
    public static Capacity decoding(int rows, int targets, int cacheRows) {
        return new Capacity(rows, 0, targets, 0, cacheRows);
    }
}
