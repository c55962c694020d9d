package dev.daa.compute.cpu;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendProvider;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;

/// Offers the CPU backend under the name `cpu`.
public final class CpuBackendProvider implements BackendProvider {
    /// A mistyped number would take minutes to start its threads.
    private static final int MOST_THREADS = Math.max(1024, Runtime.getRuntime().availableProcessors());

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public Backend open(String device, int threads, MatmulPrecision precision) {
        if (!device.isEmpty()) {
            throw new InputException(
                    "backend is 'cpu:" + device + "', expected cpu, which has no devices to choose from");
        }
        if (threads < 1 || threads > MOST_THREADS) {
            throw new InputException("threads is " + threads + ", expected 1 to " + MOST_THREADS);
        }
        if (precision != MatmulPrecision.FP32) {
            throw new InputException("matmul-precision is " + precision.key()
                    + ", the cpu backend has fp32 only: leave it out, or choose a CUDA device with --backend");
        }
        return new CpuBackend(threads);
    }
}
