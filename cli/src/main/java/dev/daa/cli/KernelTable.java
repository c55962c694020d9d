package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.DeviceProfile.Kernel;
import dev.daa.compute.DeviceProfile.Passes;
import dev.daa.compute.InputException;
import dev.daa.eval.speed.Pace;
import dev.daa.eval.speed.Timing;
import dev.daa.eval.speed.Workload;
import dev.daa.model.checkpoint.DurableFile;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What each kernel of a step takes, and what the step copies to a device and back.
final class KernelTable {
    private KernelTable() {}

    /// Refuses a file that cannot be written, before minutes are spent on what goes into it.
    static void requireWritable(Path csv) {
        Path folder = csv.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(csv)) {
            throw InputException.of("--profile", csv + ", a folder", "a file to be written", "");
        }
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw InputException.of("--profile", csv.toString(), "a file in a folder that can be written", "");
        }
    }

    /// Runs each workload, and counts what its steady steps take.
    ///
    /// @param csv file for the same numbers, one line a kernel
    static void profile(Backend backend, Pace pace, Set<Workload> workloads, Path csv, PrintStream out) {
        backend.startProfile();
        out.println("backend    " + backend.description());
        List<String> lines = new ArrayList<>(List.of("workload,kernel,launches,milliseconds"));
        for (Workload workload : workloads) {
            DeviceProfile[] begin = new DeviceProfile[1];
            Timing timing = workload.measure(
                            backend, pace.telling(() -> begin[0] = backend.profile()), System.nanoTime())
                    .timing();
            show(workload, minus(backend.profile(), begin[0]), timing.steps(), timing.total(), out, lines);
        }
        DurableFile.write(csv, String.join("\n", lines) + "\n");
        out.println("written: " + csv);
    }

    private static List<Passes> passes(DeviceProfile all, DeviceProfile less) {
        Map<Integer, Passes> earlier = new HashMap<>();
        less.passes().forEach(passes -> earlier.put(passes.computed(), passes));
        List<Passes> left = new ArrayList<>();
        for (Passes passes : all.passes()) {
            Passes past = earlier.getOrDefault(passes.computed(), new Passes(passes.computed(), 0, 0));
            left.add(new Passes(passes.computed(), passes.count() - past.count(), passes.rows() - past.rows()));
        }
        return left;
    }

    static DeviceProfile minus(DeviceProfile all, DeviceProfile less) {
        Map<String, Kernel> earlier = new HashMap<>();
        less.kernels().forEach(kernel -> earlier.put(kernel.name(), kernel));
        List<Kernel> left = new ArrayList<>();
        for (Kernel kernel : all.kernels()) {
            Kernel past = earlier.getOrDefault(kernel.name(), new Kernel(kernel.name(), 0, 0));
            left.add(new Kernel(kernel.name(), kernel.launches() - past.launches(), kernel.seconds() - past.seconds()));
        }
        return new DeviceProfile(
                left,
                passes(all, less),
                all.bytesToDevice() - less.bytesToDevice(),
                all.bytesToHost() - less.bytesToHost());
    }

    /// @param wall seconds of all the steps
    static void show(
            Workload workload, DeviceProfile profile, int steps, double wall, PrintStream out, List<String> lines) {
        List<Kernel> kernels = profile.kernels().stream()
                .filter(kernel -> kernel.launches() > 0)
                .sorted(Comparator.comparingDouble(Kernel::seconds).reversed())
                .toList();
        double total = kernels.stream().mapToDouble(Kernel::seconds).sum();
        double allLaunches = kernels.stream().mapToLong(Kernel::launches).sum();
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
        out.printf(Locale.ROOT, "all kernels %.3f ms in %.0f launches", 1e3 * total / steps, allLaunches / steps);
        if (!workload.generates()) {
            out.printf(
                    Locale.ROOT,
                    " of a step of %.3f ms: %.0f µs a launch beside the kernels, profiler included",
                    1e3 * wall / steps,
                    1e6 * (wall - total) / allLaunches);
        }
        out.println();
        if (profile.bytesToDevice() + profile.bytesToHost() > 0) {
            out.printf(
                    Locale.ROOT,
                    "sent to the device %,.1f KiB, fetched %,.1f KiB%n",
                    profile.bytesToDevice() / 1024.0 / steps,
                    profile.bytesToHost() / 1024.0 / steps);
        }
        for (Passes passes : profile.passes()) {
            if (passes.count() > 0) {
                out.printf(
                        Locale.ROOT,
                        "%,d passes computed %,d rows each, %,.1f of them their batch's%n",
                        passes.count(),
                        passes.computed(),
                        (double) passes.rows() / passes.count());
            }
        }
        out.flush();
    }
}
