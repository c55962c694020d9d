package dev.daa.tornado;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import dev.daa.compute.GraphCheck;
import dev.daa.compute.MatmulPrecision;
import org.junit.jupiter.api.BeforeEach;

/// The same with products in TF32, where there is a CUDA device.
class Tf32ErrorTest extends BackendContract {
    @BeforeEach
    void needsCuda() {
        assumeTrue(TestedDevice.isCuda(), TestedDevice.NAME + " is no CUDA device: TF32 is left out");
    }

    @Override
    protected Backend open(int threads) {
        return Backend.open(TestedDevice.NAME, threads, MatmulPrecision.TF32);
    }

    @Override
    public GraphCheck.Terms terms() {
        return new GraphCheck.Terms(false, 1e-4, true);
    }
}
