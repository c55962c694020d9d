package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.DeviceProfile.Kernel;
import dev.daa.eval.speed.Pace;
import dev.daa.eval.speed.Speed;
import dev.daa.eval.speed.Workload;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What each kernel of a step takes on a device, and what the step copies.
final class KernelTable {
    private static final Pace PACE = new Pace(0, 2, 0, 5);

    private KernelTable() {}

    /// Runs each workload for a few steps; figures are per step, those of compiling included in none of them.
    ///
    /// @param csv file for the same numbers, one line a kernel
    static void profile(Backend backend, Set<Workload> workloads, Path csv, PrintStream out) {
        backend.startProfile();
        out.println("backend    " + backend.description());
        List<String> lines = new ArrayList<>(List.of("workload,kernel,launches,milliseconds"));
        DeviceProfile before = backend.profile();
        for (Workload workload : workloads) {
            Speed speed = workload.measure(backend, PACE, System.nanoTime());
            DeviceProfile after = backend.profile();
            show(workload, before, after, PACE.warmUpSteps() + speed.timing().steps(), out, lines);
            before = after;
        }
        try {
            Files.write(csv, lines);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        out.println("written: " + csv);
    }

    private static void show(
            Workload workload,
            DeviceProfile before,
            DeviceProfile after,
            int steps,
            PrintStream out,
            List<String> lines) {
        Map<String, Kernel> earlier = new HashMap<>();
        before.kernels().forEach(kernel -> earlier.put(kernel.name(), kernel));
        List<Kernel> here = new ArrayList<>();
        double total = 0;
        for (Kernel kernel : after.kernels()) {
            Kernel past = earlier.getOrDefault(kernel.name(), new Kernel(kernel.name(), 0, 0));
            if (kernel.launches() > past.launches()) {
                here.add(new Kernel(
                        kernel.name(), kernel.launches() - past.launches(), kernel.seconds() - past.seconds()));
                total += kernel.seconds() - past.seconds();
            }
        }
        out.printf(
                Locale.ROOT,
                "%n%-22s %9s %10s %7s   per step of %s%n",
                "kernel",
                "launches",
                "ms",
                "share",
                workload.label());
        for (Kernel kernel : here) {
            double milliseconds = 1e3 * kernel.seconds() / steps;
            double launches = (double) kernel.launches() / steps;
            out.printf(
                    Locale.ROOT,
                    "%-22s %9.1f %10.3f %5.1f %%%n",
                    kernel.name(),
                    launches,
                    milliseconds,
                    100 * kernel.seconds() / total);
            lines.add(String.format(
                    Locale.ROOT, "%s,%s,%.2f,%.4f", workload.label(), kernel.name(), launches, milliseconds));
        }
        out.printf(
                Locale.ROOT,
                "all kernels %.3f ms; sent to the device %,.1f KiB, fetched %,.1f KiB%n",
                1e3 * total / steps,
                (after.bytesToDevice() - before.bytesToDevice()) / 1024.0 / steps,
                (after.bytesToHost() - before.bytesToHost()) / 1024.0 / steps);
        out.flush();
    }
}
