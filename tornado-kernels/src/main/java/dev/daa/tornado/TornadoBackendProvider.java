package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendProvider;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import java.util.List;
import java.util.Optional;

/// Offers the devices of TornadoVM under the name `tornado`, or `tornado:backend:device`.
public final class TornadoBackendProvider implements BackendProvider {
    @Override
    public String name() {
        return "tornado";
    }

    /// @throws InputException when TornadoVM does not run here, or has no such device
    @Override
    public Backend open(String device, int threads, MatmulPrecision precision) {
        Runtimes.requireRunning();
        return Devices.open(device, precision);
    }

    @Override
    public Optional<String> gpu() {
        try {
            Runtimes.requireRunning();
            return Devices.gpu();
        } catch (InputException _) {
            return Optional.empty(); // no driver, or not started with the SDK's flags: `daa devices` says which
        }
    }

    @Override
    public List<String> devices() {
        Runtimes.requireRunning();
        return Devices.lines();
    }
}
