package dev.daa.tornado.plan;

import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.TransferKernel;
import dev.daa.tornado.lowering.Grid;
import dev.daa.tornado.lowering.Launch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// The task graphs that a [DevicePlan] runs: those of a program, and those that send and write its arrays.
///
/// How TornadoVM shares arrays decides the form. A first graph sends the arrays that all graphs share and persists
/// them; one more for each set of a [Division] takes these over, sends the arrays of its set and persists all. Before a
/// graph runs, TornadoVM hands it the arrays that it declares to consume *from the graph that ran last*, by that
/// graph's name; so every graph declares to consume its arrays from its set's graph, runs right after it once, and
/// declares to consume one common array, [#anchor], from graphs of every other name. From then on graphs run in any
/// order.
final class DeviceGraphs {
    /// Name of the graph that sends what all share, and start of the names of those that send what is a set's own.
    private static final String STATE = "state";

    /// Values that a [Writer] takes at a time, by the size of the array.
    private static final int SMALL_STAGE = 1 << 14;

    private static final int LARGE_STAGE = 1 << 20;

    /// Graphs of the first home itself belong to no set.
    private static final int SHARED = -1;

    /// A graph to be.
    ///
    /// @param chunk its launches
    /// @param sent arrays that are sent whenever it runs
    record Planned(Chunk chunk, List<Object> sent) {}

    /// A graph that sends arrays, for the graphs of a set.
    ///
    /// @param number of the graph in the plan
    /// @param arrays that it persists
    record Home(int number, String name, List<Object> arrays) {}

    /// The graph that writes to an array.
    ///
    /// @param graph its number among the graphs that are no homes
    /// @param which of the arrays that it can write to
    record Writer(int graph, int which, IntArray control, FloatArray stage) {}

    private final KernelContext context;
    private final IntArray anchor;
    private final List<Planned> planned;
    private final Map<Object, Writer> writers = new IdentityHashMap<>();
    private final FloatArray sink = Memory.floats(1);
    private final List<FloatArray> padding = new ArrayList<>();
    private final Map<String, String> names = new LinkedHashMap<>();
    private final GridScheduler grids = new GridScheduler();
    private final List<ImmutableTaskGraph> graphs = new ArrayList<>();

    /// The home of each graph, and of each array; the first home has what all share.
    private final List<Home> homes = new ArrayList<>();

    private final List<Home> homeOfGraph = new ArrayList<>();
    private final Map<Object, Home> homeOfArray = new IdentityHashMap<>();

    /// Builds the task graphs. Nothing is compiled or sent yet.
    ///
    /// @param program the graphs of the program
    /// @param anchor an array that some launch of every graph may name
    DeviceGraphs(List<Planned> program, KernelContext context, IntArray anchor) {
        this.context = context;
        this.anchor = anchor;
        planned = new ArrayList<>(program);
        for (int i = 0; i < TransferKernel.FAN; i++) {
            padding.add(Memory.floats(1));
        }
        List<List<Object>> named = new ArrayList<>();
        planned.forEach(each -> named.add(arrays(each)));
        Division division = Division.of(named);
        requireDistinctHashes(division);
        List<Integer> setOf = new ArrayList<>(division.setOf());
        addWriters(division, setOf);
        makeHomes(division);
        setOf.forEach(set -> homeOfGraph.add(homes.size() == 1 ? homes.getFirst() : homes.get(set + 1)));
        planned.forEach(each -> names.computeIfAbsent(each.chunk().key(), key -> "g" + names.size()));
        for (Home home : homes) {
            graphs.add(state(home));
        }
        for (int i = 0; i < planned.size(); i++) {
            graphs.add(graph(planned.get(i), homeOfGraph.get(i)));
        }
    }

    /// The homes' graphs, then those of the program, then those that write.
    ImmutableTaskGraph[] all() {
        return graphs.toArray(ImmutableTaskGraph[]::new);
    }

    GridScheduler grids() {
        return grids;
    }

    List<Home> homes() {
        return homes;
    }

    /// @param graph its number among those that are no homes
    Home home(int graph) {
        return homeOfGraph.get(graph);
    }

    /// Null where no graph names the array.
    @Nullable
    Home home(Object array) {
        return homeOfArray.get(array);
    }

    Writer writer(FloatArray array) {
        return Objects.requireNonNull(writers.get(array));
    }

    private void makeHomes(Division division) {
        List<Object> shared = new ArrayList<>(division.shared());
        if (shared.stream().noneMatch(array -> array == anchor)) {
            shared.add(anchor);
        }
        shared.addAll(padding);
        shared.add(sink);
        Home first = new Home(0, STATE, shared);
        homes.add(first);
        shared.forEach(array -> homeOfArray.put(array, first));
        if (division.own().stream().allMatch(List::isEmpty)) {
            return;
        }
        for (List<Object> own : division.own()) {
            // The anchor is the first home's even where one set alone names it.
            List<Object> others = own.stream().filter(array -> array != anchor).toList();
            Home home = new Home(homes.size(), STATE + homes.size(), others);
            homes.add(home);
            others.forEach(array -> homeOfArray.put(array, home));
        }
    }

    /// TornadoVM tells the arrays of a graph apart by their hash codes alone.
    private static void requireDistinctHashes(Division division) {
        List<Object> arrays = new ArrayList<>(division.shared());
        division.own().forEach(arrays::addAll);
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

    private ImmutableTaskGraph state(Home home) {
        TaskGraph graph = new TaskGraph(home.name());
        List<Object> sent = new ArrayList<>(home.arrays());
        List<Object> all = new ArrayList<>(sent);
        if (home.number() > 0) {
            List<Object> taken = takenBy(home);
            graph.consumeFromDevice(STATE, taken.toArray());
            all.addAll(taken);
        }
        List<FloatArray> floats = new ArrayList<>();
        List<IntArray> ints = new ArrayList<>();
        List<BFloat16Array> rounded = new ArrayList<>();
        for (Object array : all) {
            switch (array) {
                case FloatArray values -> floats.add(values);
                case IntArray values -> ints.add(values);
                case BFloat16Array values -> rounded.add(values);
                default -> throw new IllegalArgumentException(array + " cannot stay on the device");
            }
        }
        floats.remove(sink);
        if (ints.size() % 2 == 1) {
            IntArray another = Memory.ints(1);
            ints.add(another);
            sent.add(another);
            all.add(another);
        }
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, sent.toArray());
        if (home.number() > 0) {
            consumeAnchor(graph, Set.of(STATE, home.name()));
        }
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
            record(graph, launch, task++);
        }
        for (BFloat16Array array : rounded) {
            Launch launch =
                    Launch.of("touchRounded", Grid.lanes(1), TransferKernel::touchRounded, context, sink, array);
            record(graph, launch, task++);
        }
        for (int from = 0; from < floats.size(); from += TransferKernel.FAN) {
            List<FloatArray> group = group(floats, from);
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
            record(graph, launch, task++);
        }
        return graph.persistOnDevice(all.toArray()).snapshot();
    }

    /// What the home of a set takes over from the first home.
    private List<Object> takenBy(Home home) {
        Set<Object> taken = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Object> inOrder = new ArrayList<>();
        for (int i = 0; i < planned.size(); i++) {
            if (homeOfGraph.get(i) == home) {
                inOrder.addAll(arrays(planned.get(i)));
            }
        }
        inOrder.addAll(padding);
        inOrder.add(sink);
        inOrder.add(anchor);
        inOrder.removeIf(array -> homeOfArray.get(array) != homes.getFirst() || !taken.add(array));
        return inOrder;
    }

    /// Lets a graph run after any other: those that it takes its arrays from are the exceptions.
    private void consumeAnchor(TaskGraph graph, Set<String> except) {
        Set<String> others = new LinkedHashSet<>(names.values());
        homes.forEach(home -> others.add(home.name()));
        others.removeAll(except);
        others.forEach(name -> graph.consumeFromDevice(name, anchor));
    }

    private List<FloatArray> group(List<FloatArray> arrays, int from) {
        List<FloatArray> group =
                new ArrayList<>(arrays.subList(from, Math.min(arrays.size(), from + TransferKernel.FAN)));
        List<FloatArray> absent = new ArrayList<>(padding);
        absent.removeAll(group);
        group.addAll(absent.subList(0, TransferKernel.FAN - group.size()));
        return group;
    }

    private ImmutableTaskGraph graph(Planned each, Home home) {
        TaskGraph graph =
                new TaskGraph(Objects.requireNonNull(names.get(each.chunk().key())));
        if (!each.sent().isEmpty()) {
            graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, each.sent().toArray());
        }
        List<Object> shared = arrays(each);
        if (shared.stream().noneMatch(array -> array == anchor)) {
            shared.add(anchor);
        }
        graph.consumeFromDevice(home.name(), shared.toArray());
        consumeAnchor(graph, Set.of(home.name()));
        int task = 0;
        for (Launch launch : each.chunk().launches()) {
            record(graph, launch, task++);
        }
        return graph.snapshot();
    }

    private void record(TaskGraph graph, Launch launch, int number) {
        String task = "t" + number + "_" + launch.kernel();
        launch.recorder().record(graph, task);
        Grid grid = launch.grid();
        if (grid != null) {
            grids.addWorkerGrid(graph.getTaskGraphName() + "." + task, grid.worker());
        }
    }

    /// Graphs that write to arrays once these are on the device; before, the host's arrays are what is sent.
    private void addWriters(Division division, List<Integer> setOf) {
        addWriters(division.shared(), SHARED, setOf);
        for (int set = 0; set < division.own().size(); set++) {
            addWriters(division.own().get(set), set, setOf);
        }
    }

    private void addWriters(List<Object> arrays, int set, List<Integer> setOf) {
        List<FloatArray> floats = arrays.stream()
                .filter(FloatArray.class::isInstance)
                .map(FloatArray.class::cast)
                .toList();
        addWriters(
                floats.stream().filter(array -> array.getSize() <= SMALL_STAGE).toList(), SMALL_STAGE, set, setOf);
        addWriters(
                floats.stream().filter(array -> array.getSize() > SMALL_STAGE).toList(), LARGE_STAGE, set, setOf);
    }

    private void addWriters(List<FloatArray> arrays, int size, int set, List<Integer> setOf) {
        if (arrays.isEmpty()) {
            return;
        }
        IntArray control = Memory.ints(3);
        FloatArray stage = Memory.floats(size);
        for (int from = 0; from < arrays.size(); from += TransferKernel.FAN) {
            List<FloatArray> group = group(arrays, from);
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
            int graph = planned.size();
            planned.add(new Planned(new Chunk(List.of(launch)), List.of(control, stage)));
            setOf.add(set);
            for (int which = 0; which < TransferKernel.FAN && from + which < arrays.size(); which++) {
                writers.put(arrays.get(from + which), new Writer(graph, which, control, stage));
            }
        }
    }
}
