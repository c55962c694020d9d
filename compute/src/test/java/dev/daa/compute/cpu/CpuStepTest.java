package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.StepContract;

class CpuStepTest extends StepContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("cpu", threads);
    }
}
