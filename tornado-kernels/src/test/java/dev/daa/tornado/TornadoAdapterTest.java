package dev.daa.tornado;

import dev.daa.compute.AdapterContract;
import dev.daa.compute.Backend;

class TornadoAdapterTest extends AdapterContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }
}
