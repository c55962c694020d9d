package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.CachedAttentionContract;

class HostCachedAttentionTest extends CachedAttentionContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }
}
