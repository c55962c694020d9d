package dev.daa.compute;

/// How much memory logits (targets × vocabulary) may take.
///
/// @param kept up to so many values are kept between the passes instead of computed twice
/// @param block values of one block, where they are not kept
/// @param rows targets of one block at most
public record LogitsMemory(long kept, int block, int rows) {
    /// For a host with some GiB: 256 MiB kept, blocks of 512 targets and 16 MiB.
    public static final LogitsMemory HOST = new LogitsMemory(64L << 20, 4 << 20, 512);

    /// Blocks of as many targets as there are values for.
    public LogitsMemory(long kept, int block) {
        this(kept, block, Integer.MAX_VALUE);
    }
}
