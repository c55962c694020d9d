package dev.daa.tornado.plan;

import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.TransferKernel;
import dev.daa.tornado.plan.DeviceGraphs.Home;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoBailoutRuntimeException;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Runs the task graphs of a program in one execution plan of TornadoVM, over arrays that stay on the device; what the
/// graphs are [DeviceGraphs] says.
public final class DevicePlan implements LaunchPlan {
    /// Open plans, whose arrays must outlive them: TornadoVM pins the host's memory until a plan is closed, and
    /// silently sends nothing from memory that overlaps what was pinned and given back.
    public static final Set<DevicePlan> OPEN = ConcurrentHashMap.newKeySet();

    private static final String NOT_OPEN = "the plan is not open";

    private final TornadoDevice device;
    private final boolean replayed;
    private final @Nullable Profile profile;
    private final KernelContext context;
    private final IntArray anchor;
    private final List<DeviceGraphs.Planned> planned = new ArrayList<>();
    private @Nullable DeviceGraphs graphs;
    private @Nullable TornadoExecutionPlan plan;
    /// TornadoVM has a stream for each thread, and binds cuBLAS to that of the first.
    private @Nullable Thread owner;

    private TornadoExecutionResult[] results = {};
    private boolean[] hasRun = {};

    /// @param replayed whether graphs are captured as CUDA graphs when they run first, and replayed from then on
    /// @param profile takes account of every run, which then is not replayed
    /// @param anchor an array that some launch of every graph may name
    public DevicePlan(
            TornadoDevice device, boolean replayed, @Nullable Profile profile, KernelContext context, IntArray anchor) {
        this.device = device;
        this.replayed = replayed && profile == null;
        this.profile = profile;
        this.context = context;
        this.anchor = anchor;
    }

    @Override
    public int add(Chunk chunk, Object... sent) {
        planned.add(new DeviceGraphs.Planned(chunk, List.of(sent)));
        return planned.size() - 1;
    }

    @Override
    public boolean isOpen() {
        return plan != null;
    }

    @Override
    public void open() {
        DeviceGraphs built = new DeviceGraphs(planned, context, anchor);
        TornadoExecutionPlan opened = new TornadoExecutionPlan(built.all());
        opened.withDevice(device).withGridScheduler(built.grids());
        if (replayed) {
            opened.withCUDAGraph();
        }
        if (profile != null) {
            opened.withProfiler(ProfilerMode.SILENT);
        }
        graphs = built;
        plan = opened;
        OPEN.add(this);
        hasRun = new boolean[built.all().length];
        results = new TornadoExecutionResult[built.homes().size()];
    }

    /// Runs a graph; when it is the first time, right after the graph of its home.
    @Override
    public void run(int graph) {
        DeviceGraphs all = graphs();
        int number = all.homes().size() + graph;
        if (!hasRun[number]) {
            Home home = all.home(graph);
            if (home.number() > 0 && !hasRun[home.number()]) {
                runHome(all.homes().getFirst());
            }
            runHome(home);
            hasRun[number] = true;
        }
        execute(number);
    }

    private TornadoExecutionResult execute(int number) {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        if (owner != Thread.currentThread()) {
            throw new IllegalStateException("a program that " + owner.getName() + " has run is run by "
                    + Thread.currentThread().getName() + ": products and kernels would not wait for each other");
        }
        TornadoExecutionResult result = execute(opened().withGraph(number));
        if (profile != null) {
            profile.add(this, number, result);
        }
        return result;
    }

    private TornadoExecutionResult execute(TornadoExecutionPlan graph) {
        try {
            return graph.execute();
        } catch (TornadoBailoutRuntimeException refused) {
            throw RefusedKernel.on(device, refused);
        }
    }

    private void runHome(Home home) {
        results[home.number()] = execute(home.number());
        hasRun[home.number()] = true;
    }

    /// Copies the device's values to the host's array, once they are there; an array that no graph names is on the
    /// host alone.
    @Override
    public void toHost(Object array) {
        Home home = home(array);
        if (home != null && hasRun[home.number()]) {
            opened().withGraph(home.number());
            results[home.number()].transferToHost(array);
            if (profile != null) {
                profile.fetched(
                        array instanceof FloatArray values ? 4L * values.getSize() : 4L * ((IntArray) array).getSize());
            }
        }
    }

    /// Replaces values of an array that stays on the device; before it has been sent, on the host.
    @Override
    public void write(FloatArray array, MemorySegment from, int count) {
        Home home = home(array);
        if (home == null || !hasRun[home.number()]) {
            Memory.copy(from, 0, array, 0, count);
            return;
        }
        DeviceGraphs.Writer writer = graphs().writer(array);
        int step = writer.stage().getSize();
        for (int at = 0; at < count; at += step) {
            int part = Math.min(step, count - at);
            Memory.copy(from, at, writer.stage(), 0, part);
            writer.control().set(TransferKernel.WHICH, writer.which());
            writer.control().set(TransferKernel.OFFSET, at);
            writer.control().set(TransferKernel.COUNT, part);
            run(writer.graph());
        }
    }

    /// Null where the array is on the host alone.
    private @Nullable Home home(Object array) {
        return graphs == null ? null : graphs.home(array);
    }

    private TornadoExecutionPlan opened() {
        return Objects.requireNonNull(plan, NOT_OPEN);
    }

    private DeviceGraphs graphs() {
        return Objects.requireNonNull(graphs, NOT_OPEN);
    }

    @Override
    public void close() {
        if (plan != null) {
            try {
                plan.freeDeviceMemory();
                plan.close();
            } catch (TornadoExecutionPlanException failure) {
                throw new IllegalStateException("the device's memory was not given back", failure);
            }
            plan = null;
            OPEN.remove(this);
            Arrays.fill(hasRun, false);
        }
    }
}
