package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.StepContract;

class TornadoStepTest extends StepContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads);
    }
}
