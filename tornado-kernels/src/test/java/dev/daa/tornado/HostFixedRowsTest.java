package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.StepContract;

/// Steps as CUDA has them: filled up behind the batch, and graphs of their own for smaller batches.
class HostFixedRowsTest extends StepContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(Traits.fixedRows(0));
    }
}
