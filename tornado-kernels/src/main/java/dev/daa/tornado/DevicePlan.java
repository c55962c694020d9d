package dev.daa.tornado;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// The task graphs of a program in one execution plan, over arrays that stay on the device.
///
/// How TornadoVM shares arrays decides the form. A first graph sends all of them and persists them. Before a graph
/// runs, TornadoVM hands it the arrays that it declares to consume *from the graph that ran last*, by that graph's
/// name; so every graph declares to consume its arrays from the first graph, runs right after it once, and declares to
/// consume one common array, [#anchor], from graphs of every other name. From then on graphs run in any order.
final class DevicePlan implements AutoCloseable {
    private static final String STATE = "state";
    /// Values that [#write] sends at a time, by the size of the array.
    private static final int SMALL_STAGE = 1 << 14;

    private static final int LARGE_STAGE = 1 << 20;

    /// A graph to be.
    ///
    /// @param chunk its launches
    /// @param sent arrays that are sent whenever it runs
    private record Planned(Chunk chunk, List<Object> sent) {}

    /// The graph that writes to an array.
    private record Writer(int graph, int which, IntArray control, FloatArray stage) {}

    private final TornadoDevice device;
    private final KernelContext context;
    private final IntArray anchor;
    private final List<Planned> planned = new ArrayList<>();
    private final Map<Object, Writer> writers = new IdentityHashMap<>();
    private final FloatArray sink = Memory.floats(1);
    private @Nullable TornadoExecutionPlan plan;
    private @Nullable TornadoExecutionResult lastResult;
    private final Set<Object> onDevice = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean[] hasRun = {};

    /// @param anchor an array that some launch of every graph may name
    DevicePlan(TornadoDevice device, KernelContext context, IntArray anchor) {
        this.device = device;
        this.context = context;
        this.anchor = anchor;
    }

    /// Adds a graph before the plan is opened.
    ///
    /// @param sent arrays that are sent whenever the graph runs, and that no other graph names
    /// @return number of the graph
    int add(Chunk chunk, Object... sent) {
        planned.add(new Planned(chunk, List.of(sent)));
        return planned.size();
    }

    boolean isOpen() {
        return plan != null;
    }

    /// Builds the task graphs. Nothing is compiled or sent yet.
    void open() {
        List<FloatArray> floats = new ArrayList<>();
        List<IntArray> ints = new ArrayList<>();
        for (Object array : stateArrays()) {
            onDevice.add(array);
            switch (array) {
                case FloatArray values -> floats.add(values);
                case IntArray values -> ints.add(values);
                default -> throw new IllegalArgumentException(array + " cannot stay on the device");
            }
        }
        addWriters(floats);
        GridScheduler grids = new GridScheduler();
        List<ImmutableTaskGraph> graphs = new ArrayList<>();
        graphs.add(state(floats, ints, grids));
        Map<String, String> names = new LinkedHashMap<>();
        planned.forEach(each -> names.computeIfAbsent(each.chunk().key(), key -> "g" + names.size()));
        for (Planned each : planned) {
            graphs.add(graph(each, names, grids));
        }
        plan = new TornadoExecutionPlan(graphs.toArray(ImmutableTaskGraph[]::new));
        plan.withDevice(device).withGridScheduler(grids);
        hasRun = new boolean[graphs.size()];
    }

    /// Arrays of all graphs but those that are sent with each of them.
    private List<Object> stateArrays() {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Object> arrays = new ArrayList<>();
        seen.add(anchor);
        arrays.add(anchor);
        for (Planned each : planned) {
            for (Object argument : arrays(each)) {
                if (seen.add(argument)) {
                    arrays.add(argument);
                }
            }
        }
        requireDistinctHashes(arrays);
        return arrays;
    }

    /// TornadoVM tells the arrays of a graph apart by their hash codes alone.
    private static void requireDistinctHashes(List<Object> arrays) {
        long distinct = arrays.stream().mapToInt(Object::hashCode).distinct().count();
        if (distinct != arrays.size()) {
            throw new IllegalStateException("two of " + arrays.size()
                    + " arrays have the same hash code, by which TornadoVM tells them apart: start the run again");
        }
    }

    /// Arrays that the graph shares with others.
    private static List<Object> arrays(Planned graph) {
        Set<Object> found = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Object> inOrder = new ArrayList<>();
        for (Launch launch : graph.chunk().launches()) {
            for (Object argument : launch.arguments()) {
                if (Launch.isArray(argument)
                        && graph.sent().stream().noneMatch(sent -> sent == argument)
                        && found.add(argument)) {
                    inOrder.add(argument);
                }
            }
        }
        return inOrder;
    }

    private ImmutableTaskGraph state(List<FloatArray> floats, List<IntArray> ints, GridScheduler grids) {
        TaskGraph graph = new TaskGraph(STATE);
        if (ints.size() % 2 == 1) {
            ints.add(Memory.ints(1));
        }
        List<Object> all = new ArrayList<>(floats);
        all.addAll(ints);
        List<FloatArray> padding = new ArrayList<>();
        for (int i = 0; i < TransferKernel.FAN; i++) {
            padding.add(Memory.floats(1));
        }
        all.addAll(padding);
        all.add(sink);
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, all.toArray());
        int task = 0;
        for (int from = 0; from < ints.size(); from += 2) {
            Launch launch = Launch.of(
                    "touchInts",
                    Grid.lanes(1),
                    TransferKernel::touchInts,
                    context,
                    sink,
                    ints.get(from),
                    ints.get(from + 1));
            record(graph, launch, task++, grids);
        }
        for (int from = 0; from < floats.size(); from += TransferKernel.FAN) {
            List<FloatArray> group = group(floats, from, padding);
            Launch launch = Launch.of(
                    "touch",
                    Grid.lanes(1),
                    TransferKernel::touch,
                    context,
                    sink,
                    group.get(0),
                    group.get(1),
                    group.get(2),
                    group.get(3),
                    group.get(4),
                    group.get(5),
                    group.get(6),
                    group.get(7));
            record(graph, launch, task++, grids);
        }
        return graph.persistOnDevice(all.toArray()).snapshot();
    }

    private static List<FloatArray> group(List<FloatArray> arrays, int from, List<FloatArray> padding) {
        List<FloatArray> group =
                new ArrayList<>(arrays.subList(from, Math.min(arrays.size(), from + TransferKernel.FAN)));
        group.addAll(padding.subList(0, TransferKernel.FAN - group.size()));
        return group;
    }

    private ImmutableTaskGraph graph(Planned each, Map<String, String> names, GridScheduler grids) {
        TaskGraph graph = new TaskGraph(
                java.util.Objects.requireNonNull(names.get(each.chunk().key())));
        if (!each.sent().isEmpty()) {
            graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, each.sent().toArray());
        }
        List<Object> shared = arrays(each);
        if (shared.stream().noneMatch(array -> array == anchor)) {
            shared.add(anchor);
        }
        graph.consumeFromDevice(STATE, shared.toArray());
        names.values().stream().distinct().forEach(name -> graph.consumeFromDevice(name, anchor));
        int task = 0;
        for (Launch launch : each.chunk().launches()) {
            record(graph, launch, task++, grids);
        }
        return graph.snapshot();
    }

    private static void record(TaskGraph graph, Launch launch, int number, GridScheduler grids) {
        String task = "t" + number + "_" + launch.kernel();
        launch.recorder().record(graph, task);
        grids.addWorkerGrid(graph.getTaskGraphName() + "." + task, launch.grid().worker());
    }

    /// Graphs that write to arrays once the plan has run; before, the host's arrays are what is sent.
    private void addWriters(List<FloatArray> floats) {
        List<FloatArray> padding = new ArrayList<>();
        for (int i = 0; i < TransferKernel.FAN; i++) {
            padding.add(Memory.floats(1));
        }
        addWriters(
                floats.stream().filter(array -> array.getSize() <= SMALL_STAGE).toList(), SMALL_STAGE, padding);
        addWriters(
                floats.stream().filter(array -> array.getSize() > SMALL_STAGE).toList(), LARGE_STAGE, padding);
        floats.addAll(padding);
    }

    private void addWriters(List<FloatArray> arrays, int size, List<FloatArray> padding) {
        if (arrays.isEmpty()) {
            return;
        }
        IntArray control = Memory.ints(3);
        FloatArray stage = Memory.floats(size);
        for (int from = 0; from < arrays.size(); from += TransferKernel.FAN) {
            List<FloatArray> group = group(arrays, from, padding);
            Launch launch = Launch.of(
                    "put",
                    Grid.lanes(size),
                    TransferKernel::put,
                    context,
                    control,
                    stage,
                    group.get(0),
                    group.get(1),
                    group.get(2),
                    group.get(3),
                    group.get(4),
                    group.get(5),
                    group.get(6),
                    group.get(7));
            int graph = add(new Chunk(List.of(launch)), control, stage);
            for (int which = 0; which < TransferKernel.FAN && from + which < arrays.size(); which++) {
                writers.put(arrays.get(from + which), new Writer(graph, which, control, stage));
            }
        }
    }

    /// Runs a graph.
    void run(int graph) {
        TornadoExecutionPlan opened = opened();
        if (!hasRun[graph]) {
            lastResult = opened.withGraph(0).execute();
            hasRun[0] = true;
            hasRun[graph] = true;
        }
        opened.withGraph(graph).execute();
    }

    /// Copies the device's values to the host's array, once anything has run; an array that no graph names is on
    /// the host alone.
    void toHost(Object array) {
        if (lastResult != null && onDevice.contains(array)) {
            opened().withGraph(0);
            lastResult.transferToHost(array);
        }
    }

    /// Replaces values of an array that stays on the device; before anything has run, on the host.
    void write(FloatArray array, float[] from, int offset, int count) {
        if (lastResult == null || !onDevice.contains(array)) {
            Memory.copy(from, offset, array, 0, count);
            return;
        }
        Writer writer = java.util.Objects.requireNonNull(writers.get(array));
        int step = writer.stage().getSize();
        for (int at = 0; at < count; at += step) {
            int part = Math.min(step, count - at);
            Memory.copy(from, offset + at, writer.stage(), 0, part);
            writer.control().set(TransferKernel.WHICH, writer.which());
            writer.control().set(TransferKernel.OFFSET, at);
            writer.control().set(TransferKernel.COUNT, part);
            run(writer.graph());
        }
    }

    private TornadoExecutionPlan opened() {
        return java.util.Objects.requireNonNull(plan, "the plan is not open");
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
            lastResult = null;
        }
    }
}
