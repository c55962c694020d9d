package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.StepContract;
import org.junit.jupiter.api.Tag;

/// Steps as CUDA has them: filled up behind the batch, and graphs of their own for smaller batches.
@Tag("host")
class HostFixedRowsTest extends StepContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(Traits.fixedRows(0));
    }
}
