package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import dev.daa.compute.GraphCheck;

class TornadoBackendTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }

    @Override
    public GraphCheck.Terms terms() {
        return TestedDevice.terms();
    }
}
