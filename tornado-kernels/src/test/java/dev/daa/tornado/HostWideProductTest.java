package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.GraphCheck;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("host")
class HostWideProductTest {
    @Test
    void theThreeProductsOfALinearLayer() {
        try (Backend backend = new HostBackend(true)) {
            WideProductTest.check(backend, new GraphCheck.Terms(false, 1e-7, false));
        }
    }
}
