package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.BatchSizeContract;

class CpuBatchSizeTest extends BatchSizeContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("cpu", threads);
    }
}
