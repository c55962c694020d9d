package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendProvider;
import dev.daa.compute.InputException;

/// Offers the CPU backend under the name `cpu`.
public final class CpuBackendProvider implements BackendProvider {
    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public Backend open(String device, int threads) {
        if (!device.isEmpty()) {
            throw new InputException(
                    "backend is 'cpu:" + device + "', expected cpu, which has no devices to choose from");
        }
        if (threads < 1) {
            throw new InputException("threads is " + threads + ", expected at least 1");
        }
        return new CpuBackend(threads);
    }
}
