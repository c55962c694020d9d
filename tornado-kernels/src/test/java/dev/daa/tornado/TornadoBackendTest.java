package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;

class TornadoBackendTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }

    /// On CUDA products always have as many rows as their program can take.
    @Override
    protected boolean keepsOutOfSpareRows() {
        return !TestedDevice.isCuda();
    }
}
