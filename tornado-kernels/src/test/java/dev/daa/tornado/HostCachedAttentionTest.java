package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.CachedAttentionContract;
import org.junit.jupiter.api.Tag;

@Tag("host")
class HostCachedAttentionTest extends CachedAttentionContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }
}
