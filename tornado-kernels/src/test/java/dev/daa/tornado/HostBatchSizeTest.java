package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BatchSizeContract;

class HostBatchSizeTest extends BatchSizeContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(Traits.fixedRows(0));
    }
}
