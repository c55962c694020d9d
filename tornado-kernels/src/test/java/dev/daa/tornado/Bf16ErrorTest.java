package dev.daa.tornado;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import dev.daa.compute.GraphCheck;
import dev.daa.compute.MatmulPrecision;
import org.junit.jupiter.api.BeforeEach;

/// The same with products in bfloat16, where there is a CUDA device.
class Bf16ErrorTest extends BackendContract {
    @BeforeEach
    void needsCuda() {
        assumeTrue(TestedDevice.isCuda(), TestedDevice.NAME + " is no CUDA device: bf16 is left out");
    }

    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads, MatmulPrecision.BF16);
    }

    @Override
    public GraphCheck.Terms terms() {
        return new GraphCheck.Terms(false, 1e-2, true);
    }
}
