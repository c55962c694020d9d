package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import dev.daa.compute.GraphCheck;

class TornadoBackendTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }

    /// On CUDA products always have as many rows as their program can take.
    @Override
    protected GraphCheck.Terms terms() {
        return new GraphCheck.Terms(!TestedDevice.isCuda(), 0, TestedDevice.isCuda());
    }
}
