package dev.daa.compute.cpu;

import dev.daa.compute.DeviceProfile;
import dev.daa.compute.Op;
import dev.daa.compute.cpu.kernel.Kernel;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Adds up what kernels take, by the names of their ops. Linear maps have their sizes beside the name, since
/// these decide what a product takes.
final class KernelTimes {
    private final Map<String, Sum> sums = new LinkedHashMap<>();

    private static final class Sum {
        private long launches;
        private long nanoseconds;
    }

    /// The kernel, with a clock around it.
    Kernel of(Op op, Kernel kernel) {
        Sum sum = sum(name(op));
        return batch -> {
            long begin = System.nanoTime();
            kernel.run(batch);
            add(sum, System.nanoTime() - begin);
        };
    }

    void add(String name, long nanoseconds) {
        add(sum(name), nanoseconds);
    }

    synchronized DeviceProfile snapshot() {
        List<DeviceProfile.Kernel> kernels = sums.entrySet().stream()
                .map(entry -> new DeviceProfile.Kernel(
                        entry.getKey(), entry.getValue().launches, entry.getValue().nanoseconds * 1e-9))
                .sorted(Comparator.comparingDouble(DeviceProfile.Kernel::seconds)
                        .reversed())
                .toList();
        return new DeviceProfile(kernels, List.of(), 0, 0);
    }

    private synchronized Sum sum(String name) {
        return sums.computeIfAbsent(name, key -> new Sum());
    }

    private synchronized void add(Sum sum, long nanoseconds) {
        sum.launches++;
        sum.nanoseconds += nanoseconds;
    }

    private static String name(Op op) {
        String type = op.getClass().getSimpleName();
        String name = type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
        return switch (op) {
            case Op.Linear linear ->
                name + " " + linear.in().width() + "→" + linear.out().width();
            case Op.LinearBackward linear ->
                name + " " + linear.in().width() + "→" + linear.dOut().width();
            default -> name;
        };
    }
}
