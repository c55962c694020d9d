package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.CachedAttentionContract;

class CpuCachedAttentionTest extends CachedAttentionContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("cpu", threads);
    }
}
