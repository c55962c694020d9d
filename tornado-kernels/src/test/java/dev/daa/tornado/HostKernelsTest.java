package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;

class HostKernelsTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }
}
