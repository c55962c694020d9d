package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.GraphCheck;
import dev.daa.compute.MatmulPrecision;
import dev.daa.tornado.lowering.Buckets;
import dev.daa.tornado.lowering.DeviceTraits;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/// The device that the tests run on: the first GPU or else the first device, or what `-Ddaa.device=tornado:1:0` names.
final class TestedDevice {
    static final String NAME = System.getProperty("daa.device", "tornado");

    private TestedDevice() {}

    /// On CUDA products always have as many rows as their program can take, and the compiler contracts products.
    static GraphCheck.Terms terms() {
        return new GraphCheck.Terms(!isCuda(), 0, isCuda());
    }

    /// The device with [Buckets] for every step, however small.
    static Backend withBuckets() {
        Runtimes.requireRunning();
        TornadoDevice device = device();
        DeviceTraits traits = DeviceTraits.of(device, MatmulPrecision.FP32);
        return new TornadoBackend(
                "buckets",
                device,
                new DeviceTraits(traits.cuda(), true, traits.gpu(), traits.precision(), traits.largestGroup(), 0));
    }

    private static TornadoDevice device() {
        TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
        String[] parts = NAME.split(":");
        return parts.length == 1
                ? runtime.getDefaultDevice()
                : runtime.getBackend(Integer.parseInt(parts[1])).getDevice(Integer.parseInt(parts[2]));
    }

    static boolean isCuda() {
        try (Backend backend = Backend.open(NAME, 1)) {
            return backend.description().contains("CUDA");
        }
    }
}
