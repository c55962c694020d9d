package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.SampleContract;

class HostSampleTest extends SampleContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }
}
