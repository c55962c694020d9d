package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import org.junit.jupiter.api.Tag;

@Tag("host")
class HostKernelsTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }
}
