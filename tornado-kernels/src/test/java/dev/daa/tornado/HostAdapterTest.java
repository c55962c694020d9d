package dev.daa.tornado;

import dev.daa.compute.AdapterContract;
import dev.daa.compute.Backend;
import org.junit.jupiter.api.Tag;

@Tag("host")
class HostAdapterTest extends AdapterContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }
}
