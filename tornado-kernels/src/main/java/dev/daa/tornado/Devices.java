package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.compute.MemoryPlan;
import dev.daa.tornado.lowering.DeviceTraits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/// The devices that TornadoVM finds.
final class Devices {
    /// A device by the name that users give.
    private record Named(String name, TornadoDevice device) {}

    private Devices() {}

    /// @param choice `backend:device`, or empty for the first GPU, or else the first device
    ///
    /// @throws InputException when there is no such device, or products of that precision need another one
    static Backend open(String choice, MatmulPrecision precision) {
        List<Named> all = all();
        if (all.isEmpty()) {
            throw new InputException("TornadoVM finds no device: install a driver (NVIDIA's, or pocl-opencl-icd for the"
                    + " CPU), see `daa devices`");
        }
        Named chosen = all.stream()
                .filter(candidate -> candidate.name().equals(choice))
                .findFirst()
                .orElseGet(() -> byDefault(choice, all));
        DeviceTraits traits = DeviceTraits.of(chosen.device(), precision);
        if (!traits.cuda() && precision != MatmulPrecision.FP32) {
            throw new InputException("matmul-precision is " + precision.key() + ", tornado:" + chosen.name()
                    + " has fp32 only: leave it out, or choose a CUDA device with --backend");
        }
        return new dev.daa.tornado.TornadoBackend(chosen.name(), chosen.device(), traits);
    }

    /// The GPU that is taken where none is named: CUDA's if there is one, else the first.
    static Optional<String> gpu() {
        return best(all()).map(Named::name);
    }

    private static Optional<Named> best(List<Named> devices) {
        return devices.stream()
                .filter(named -> named.device().getDeviceType() == TornadoDeviceType.GPU)
                .min(Comparator.comparing(
                        named -> named.device().getTornadoVMBackend() == TornadoVMBackendType.CUDA ? 0 : 1));
    }

    /// Every device: its name, driver and memory.
    static List<String> lines() {
        return all().stream()
                .map(named -> named.name() + "  " + named.device().getTornadoVMBackend() + ", "
                        + named.device().getPhysicalDevice().getDeviceName().strip() + ", "
                        + MemoryPlan.mebibytes(named.device().getMaxGlobalMemory()))
                .toList();
    }

    private static Named byDefault(String choice, List<Named> all) {
        if (!choice.isEmpty()) {
            throw new InputException("backend is 'tornado:" + choice + "', expected tornado or one of "
                    + String.join(
                            ", ",
                            all.stream().map(named -> "tornado:" + named.name()).toList()));
        }
        return best(all).orElse(all.getFirst());
    }

    private static List<Named> all() {
        List<Named> found = new ArrayList<>();
        try {
            TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
            for (int backend = 0; backend < runtime.getNumBackends(); backend++) {
                TornadoBackend driver = runtime.getBackend(backend);
                for (int device = 0; device < driver.getNumDevices(); device++) {
                    found.add(new Named(backend + ":" + device, driver.getDevice(device)));
                }
            }
        } catch (LinkageError | RuntimeException failure) {
            // A missing or broken driver shows as any of these, at the first use of the runtime.
            throw new InputException("TornadoVM does not start: " + cause(failure));
        }
        return found;
    }

    private static String cause(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
