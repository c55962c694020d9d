package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.StepContract;
import org.junit.jupiter.api.Tag;

@Tag("host")
class HostStepTest extends StepContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }
}
