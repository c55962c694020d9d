package dev.daa.tornado;

import dev.daa.compute.AdapterContract;
import dev.daa.compute.Backend;
import dev.daa.compute.GraphCheck;

class TornadoAdapterTest extends AdapterContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }

    @Override
    protected GraphCheck.Terms terms() {
        return TestedDevice.terms();
    }
}
