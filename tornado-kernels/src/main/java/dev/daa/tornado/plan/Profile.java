package dev.daa.tornado.plan;

import dev.daa.compute.DeviceProfile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.TornadoProfilerResult;

/// Adds up what TornadoVM's profiler says of each run of a task graph.
public final class Profile {
    /// A task's entry in the profiler's log: `"g3.t7_layerNorm": { … "TASK_KERNEL_TIME": "1234"`, nanoseconds.
    private static final Pattern TASK =
            Pattern.compile("\"[\\w]+\\.t\\d+_(\\w+)\": \\{[^}]*?\"TASK_KERNEL_TIME\": \"(\\d+)\"");

    private final Map<String, long[]> kernels = new HashMap<>();
    /// The log of a graph grows with every run.
    private final Map<Graph, Integer> read = new HashMap<>();

    /// By the rows that they computed: how many passes, and how many rows of their batches.
    private final NavigableMap<Integer, long[]> passes = new TreeMap<>();

    private long bytesToDevice;
    private long bytesToHost;

    /// A graph of a plan.
    private record Graph(DevicePlan plan, int number) {}

    /// @param number of the graph in its plan
    public void add(DevicePlan plan, int number, TornadoExecutionResult result) {
        Graph graph = new Graph(plan, number);
        TornadoProfilerResult profiler = result.getProfilerResult();
        String log = profiler.getProfileLog();
        int from = read.getOrDefault(graph, 0);
        Matcher task = TASK.matcher(log).region(Math.min(from, log.length()), log.length());
        while (task.find()) {
            long[] sums = kernels.computeIfAbsent(task.group(1), key -> new long[2]);
            sums[0]++;
            sums[1] += Long.parseLong(task.group(2));
        }
        read.put(graph, log.length());
        bytesToDevice += profiler.getTotalBytesCopyIn();
        bytesToHost += profiler.getTotalBytesCopyOut();
    }

    /// Bytes that were fetched outside of a run.
    void fetched(long bytes) {
        bytesToHost += bytes;
    }

    /// A forward pass that computed so many rows, of which so many were the batch's.
    public void passed(int computed, int rows) {
        long[] sums = passes.computeIfAbsent(computed, key -> new long[2]);
        sums[0]++;
        sums[1] += rows;
    }

    public DeviceProfile snapshot() {
        List<DeviceProfile.Passes> sizes = new ArrayList<>();
        passes.forEach((computed, sums) -> sizes.add(new DeviceProfile.Passes(computed, sums[0], sums[1])));
        List<DeviceProfile.Kernel> all = new ArrayList<>();
        kernels.forEach((name, sums) -> all.add(new DeviceProfile.Kernel(name, sums[0], sums[1] * 1e-9)));
        all.sort(Comparator.comparingDouble(DeviceProfile.Kernel::seconds).reversed());
        return new DeviceProfile(all, sizes, bytesToDevice, bytesToHost);
    }
}
