package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.CachedAttentionContract;

class TornadoCachedAttentionTest extends CachedAttentionContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }
}
