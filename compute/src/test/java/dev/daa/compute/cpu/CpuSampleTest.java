package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.SampleContract;

class CpuSampleTest extends SampleContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("cpu", threads);
    }
}
