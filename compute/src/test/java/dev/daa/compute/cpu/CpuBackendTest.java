package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;

class CpuBackendTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("cpu", threads);
    }
}
