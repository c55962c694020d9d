package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;

class TornadoBackendTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("tornado", threads);
    }
}
