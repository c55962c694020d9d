package dev.daa.model.generate;

/// Counter-based uniform numbers: the number for (seed, prompt, sample, token position) is a hash of these
/// four, so a sample's randomness does not depend on who shares its batch. The hash is SplitMix64's finalizer
/// (Steele, Lea & Flood 2014).
final class RandomStream {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private RandomStream() {}

    /// Key of one sample's stream.
    static long key(long seed, int prompt, int sample) {
        return mix(mix(mix(seed + GOLDEN) + prompt * GOLDEN + 1) + sample * GOLDEN + 2);
    }

    /// Uniform number in [0, 1) for a token position, a multiple of 2⁻²⁴.
    static float uniform(long key, int position) {
        return (mix(key + (position + 1) * GOLDEN) >>> 40) * 0x1p-24f;
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
