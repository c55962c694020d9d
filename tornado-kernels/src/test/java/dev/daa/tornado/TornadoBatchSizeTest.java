package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BatchSizeContract;

/// With graphs for smaller batches, as large models on CUDA have them.
class TornadoBatchSizeTest extends BatchSizeContract {
    @Override
    protected Backend open(int threads) {
        return TestedDevice.withBuckets();
    }
}
