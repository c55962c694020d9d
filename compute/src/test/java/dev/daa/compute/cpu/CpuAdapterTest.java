package dev.daa.compute.cpu;

import dev.daa.compute.AdapterContract;
import dev.daa.compute.Backend;

class CpuAdapterTest extends AdapterContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("cpu", threads);
    }
}
