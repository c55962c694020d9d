package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import dev.daa.compute.GraphCheck;

/// Every op, forward and backward, against the CPU backend: all values, not some coordinates.
class NormalizedErrorTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }

    @Override
    public GraphCheck.Terms terms() {
        return new GraphCheck.Terms(false, 1e-7, TestedDevice.isCuda());
    }
}
