package dev.daa.train.run;

import dev.daa.model.checkpoint.ContentHash;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// All randomness of a run: one stream per purpose, each a function of the run's seed, the purpose and its indices.
///
/// Nothing is shared, so adding a stream changes no other; and nothing needs saving, because a resumed run asks for the
/// stream of its epoch or step again: `seeds.stream("shuffle", epoch)`.
///
/// @param seed the run's seed from its config
public record Seeds(long seed) {
    private static final RandomGeneratorFactory<RandomGenerator> FACTORY =
            RandomGeneratorFactory.of("L64X128MixRandom");

    /// A fresh generator (LXM, Steele & Vigna 2021) for one purpose, such as `stream("shuffle", epoch)`.
    public RandomGenerator stream(String purpose, long... indices) {
        return FACTORY.create(digest(purpose, indices));
    }

    /// A seed for code that makes its own streams, such as the sampler's stream per response.
    public long derive(String purpose, long... indices) {
        return ByteBuffer.wrap(digest(purpose, indices)).getLong();
    }

    /// SHA-256 of seed, purpose and indices; lengths are hashed too, so that no two differ only in where they are
    /// cut.
    private byte[] digest(String purpose, long... indices) {
        byte[] name = purpose.getBytes(StandardCharsets.UTF_8);
        ByteBuffer key = ByteBuffer.allocate(Long.BYTES * (2 + indices.length) + name.length);
        key.putLong(seed).putLong(name.length).put(name);
        for (long index : indices) {
            key.putLong(index);
        }
        return ContentHash.sha256().digest(key.array());
    }
}
