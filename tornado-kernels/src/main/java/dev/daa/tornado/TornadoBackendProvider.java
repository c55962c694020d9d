package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendProvider;
import dev.daa.compute.InputException;
import java.util.List;

/// Offers the devices of TornadoVM under the name `tornado`, or `tornado:backend:device`.
public final class TornadoBackendProvider implements BackendProvider {
    @Override
    public String name() {
        return "tornado";
    }

    /// @throws InputException when TornadoVM does not run here, or has no such device
    @Override
    public Backend open(String device, int threads) {
        Runtimes.requireRunning();
        return Devices.open(device);
    }

    @Override
    public List<String> devices() {
        Runtimes.requireRunning();
        return Devices.lines();
    }
}
