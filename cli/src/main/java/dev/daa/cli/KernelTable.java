package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.DeviceProfile.Kernel;
import dev.daa.eval.speed.Pace;
import dev.daa.eval.speed.Workload;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What each kernel of a step takes on a device, and what the step copies.
final class KernelTable {
    private static final Pace SHORT = new Pace(0, 2, 0, 3);
    private static final Pace LONG = new Pace(0, 2, 0, 8);

    private KernelTable() {}

    /// Runs each workload for a few steps and for some more; the difference is what a step takes, without what
    /// comes before the first.
    ///
    /// @param csv file for the same numbers, one line a kernel
    static void profile(Backend backend, Set<Workload> workloads, Path csv, PrintStream out) {
        backend.startProfile();
        out.println("backend    " + backend.description());
        List<String> lines = new ArrayList<>(List.of("workload,kernel,launches,milliseconds"));
        for (Workload workload : workloads) {
            DeviceProfile begin = backend.profile();
            int few =
                    workload.measure(backend, SHORT, System.nanoTime()).timing().steps();
            DeviceProfile middle = backend.profile();
            int more =
                    workload.measure(backend, LONG, System.nanoTime()).timing().steps();
            DeviceProfile end = backend.profile();
            DeviceProfile steps = minus(minus(end, middle), minus(middle, begin));
            show(workload, steps, more - few, out, lines);
        }
        try {
            Files.write(csv, lines);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        out.println("written: " + csv);
    }

    private static DeviceProfile minus(DeviceProfile all, DeviceProfile less) {
        Map<String, Kernel> earlier = new HashMap<>();
        less.kernels().forEach(kernel -> earlier.put(kernel.name(), kernel));
        List<Kernel> left = new ArrayList<>();
        for (Kernel kernel : all.kernels()) {
            Kernel past = earlier.getOrDefault(kernel.name(), new Kernel(kernel.name(), 0, 0));
            left.add(new Kernel(kernel.name(), kernel.launches() - past.launches(), kernel.seconds() - past.seconds()));
        }
        return new DeviceProfile(
                left, all.bytesToDevice() - less.bytesToDevice(), all.bytesToHost() - less.bytesToHost());
    }

    private static void show(Workload workload, DeviceProfile profile, int steps, PrintStream out, List<String> lines) {
        List<Kernel> kernels = profile.kernels().stream()
                .filter(kernel -> kernel.launches() > 0)
                .sorted(Comparator.comparingDouble(Kernel::seconds).reversed())
                .toList();
        double total = kernels.stream().mapToDouble(Kernel::seconds).sum();
        out.printf(
                Locale.ROOT,
                "%n%-22s %9s %10s %7s   per step of %s%n",
                "kernel",
                "launches",
                "ms",
                "share",
                workload.label());
        for (Kernel kernel : kernels) {
            double milliseconds = 1e3 * kernel.seconds() / steps;
            double launches = (double) kernel.launches() / steps;
            double share = 100 * kernel.seconds() / total;
            out.printf(Locale.ROOT, "%-22s %9.1f %10.3f %5.1f %%%n", kernel.name(), launches, milliseconds, share);
            lines.add(String.format(
                    Locale.ROOT, "%s,%s,%.2f,%.4f", workload.label(), kernel.name(), launches, milliseconds));
        }
        out.printf(
                Locale.ROOT,
                "all kernels %.3f ms; sent to the device %,.1f KiB, fetched %,.1f KiB%n",
                1e3 * total / steps,
                profile.bytesToDevice() / 1024.0 / steps,
                profile.bytesToHost() / 1024.0 / steps);
        out.flush();
    }
}
