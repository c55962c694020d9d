package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.SampleContract;

class TornadoSampleTest extends SampleContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }
}
