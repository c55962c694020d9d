package dev.daa.compute;

/// Heads of a causal self-attention. A row of its input holds the queries of all heads, then the keys, then the
/// values of all key-value heads, `headSize` values each. Query head `h` uses key-value head `h / (heads /
/// keyValueHeads)`.
///
/// @param heads query heads
/// @param keyValueHeads key and value heads; fewer than `heads` in grouped-query attention
/// @param headSize values per head
public record AttentionShape(int heads, int keyValueHeads, int headSize) {
    public AttentionShape {
        if (heads < 1 || keyValueHeads < 1 || headSize < 1 || heads % keyValueHeads != 0) {
            throw new IllegalArgumentException("attention needs heads to be a multiple of key-value heads, found "
                    + heads + " and " + keyValueHeads + " of size " + headSize);
        }
    }

    /// Width of the queries and of the output.
    public int queryWidth() {
        return heads * headSize;
    }

    /// Width of the keys, and of the values.
    public int keyValueWidth() {
        return keyValueHeads * headSize;
    }

    /// Width of a packed row of queries, keys and values.
    public int packedWidth() {
        return queryWidth() + 2 * keyValueWidth();
    }
}
