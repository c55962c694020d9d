package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BatchSizeContract;
import org.junit.jupiter.api.Tag;

@Tag("host")
class HostBatchSizeTest extends BatchSizeContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(Traits.fixedRows(0));
    }
}
