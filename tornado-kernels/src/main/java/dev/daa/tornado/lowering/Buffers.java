package dev.daa.tornado.lowering;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Tensor;
import dev.daa.tornado.kernel.AttentionTiles;
import dev.daa.tornado.kernel.ElementKernel;
import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.RotaryKernel;
import dev.daa.tornado.kernel.Tables;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// All arrays of a program: its tensors as the [MemoryPlan] shares them out, parameters, gradients, moments, caches,
/// and what its kernels need beside them.
public final class Buffers {
    /// A language head's scratch memory: one block of targets.
    ///
    /// @param blockRows targets of a block; all of them where logits are kept between the passes
    /// @param rows their hidden rows
    /// @param stride distance of two rows of logits, the vocabulary rounded up by [Memory#wholeLines]
    record Head(int blockRows, boolean kept, FloatArray rows, FloatArray logits, int stride) {}

    /// Matrices of a product `C = A·B`.
    enum Role {
        A,
        B,
        C
    }

    private final boolean learns;
    private final Capacity capacity;
    private final DeviceTraits traits;
    private final MemoryPlan plan;
    private final KernelContext context = new KernelContext();
    private final Tables tables;
    private final IntArray sampled;
    private final FloatArray none = Memory.floats(1);
    private final FloatArray noneEither = Memory.floats(1);
    private final List<FloatArray> tensors = new ArrayList<>();
    private final Map<String, TornadoParameters> parameters = new LinkedHashMap<>();
    private final Map<String, TornadoParameters> gradients = new LinkedHashMap<>();
    private final Map<Integer, FloatArray> caches = new HashMap<>();
    private final Map<String, FloatArray> angles = new HashMap<>();
    private final Map<Object, Head> heads = new HashMap<>();
    private final Map<Head, FloatArray> targetRows = new IdentityHashMap<>();
    private final Map<Integer, FloatArray> deltas = new HashMap<>();
    private final Map<Integer, FloatArray> columnParts = new HashMap<>();
    private final Map<Role, NavigableMap<Integer, BFloat16Array>> rounded = new EnumMap<>(Role.class);
    private boolean complete;

    public Buffers(Graph graph, Capacity capacity, List<Parameters> given, DeviceTraits traits) {
        this.capacity = capacity;
        this.traits = traits;
        plan = traits.plan(graph, capacity);
        learns = !graph.backward().isEmpty();
        tables = new Tables(capacity, graph.update().size(), tileSizes(graph), traits.fixedRows() && learns, learns);
        sampled = Memory.ints(capacity.targets());
        plan.bufferSizes().forEach(size -> tensors.add(Memory.floats(size)));
        graph.layouts().forEach(layout -> parameters.put(layout.name(), find(given, layout)));
        MemoryPlan.trainedLayouts(graph).forEach(layout -> gradients.put(layout.name(), new TornadoParameters(layout)));
    }

    private static Set<Integer> tileSizes(Graph graph) {
        Set<Integer> sizes = new TreeSet<>();
        for (Op op : graph.forward()) {
            if (op instanceof Op.Attention attention) {
                sizes.add(AttentionTiles.rowsFor(attention.shape()));
            }
        }
        return sizes;
    }

    private static TornadoParameters find(List<Parameters> given, ParameterLayout layout) {
        for (Parameters candidate : given) {
            if (candidate.layout().name().equals(layout.name())) {
                if (!(candidate instanceof TornadoParameters own)) {
                    throw new IllegalArgumentException(
                            "the parameters of " + layout.name() + " were not allocated by the tornado backend");
                }
                if (!candidate.layout().sizes().equals(layout.sizes())) {
                    throw new IllegalArgumentException("the parameters of " + layout.name() + " have "
                            + candidate.layout().count() + " values, the graph expects " + layout.count());
                }
                return own;
            }
        }
        throw new IllegalArgumentException("no parameters were given for layout " + layout.name());
    }

    public DeviceTraits traits() {
        return traits;
    }

    public MemoryPlan plan() {
        return plan;
    }

    public KernelContext context() {
        return context;
    }

    public Tables tables() {
        return tables;
    }

    /// Tokens that were sampled, one for each target.
    public IntArray sampled() {
        return sampled;
    }

    /// The array that starts with the tensor's first row.
    public FloatArray of(Tensor tensor) {
        return tensors.get(plan.buffer(tensor));
    }

    /// Stands for an array that an op does not have. Handing a kernel one of its other arrays instead would make
    /// TornadoVM schedule a task that waits for itself, forever.
    FloatArray none() {
        return none;
    }

    /// Stands for a second array that an op does not have.
    FloatArray noneEither() {
        return noneEither;
    }

    public Map<String, TornadoParameters> parameters() {
        return parameters;
    }

    public TornadoParameters parameters(String layout) {
        TornadoParameters found = parameters.get(layout);
        if (found == null) {
            throw new IllegalArgumentException("the graph has no layout " + layout);
        }
        return found;
    }

    FloatArray value(Parameter parameter) {
        return parameters(parameter.layout()).array(parameter);
    }

    public Map<String, TornadoParameters> gradients() {
        return gradients;
    }

    public TornadoParameters gradients(String layout) {
        TornadoParameters found = gradients.get(layout);
        if (found == null) {
            throw new IllegalArgumentException("layout " + layout + " is not trained by the graph");
        }
        return found;
    }

    public FloatArray gradient(Parameter parameter) {
        return gradients(parameter.layout()).array(parameter);
    }

    FloatArray cache(Op.CachedAttention op) {
        return caches.computeIfAbsent(
                op.layer(),
                layer -> Memory.floats(2L * capacity.cacheRows() * op.shape().keyValueWidth()));
    }

    /// Cosines and sines of a rotation up to the longest sequence that the batch can hold.
    FloatArray angles(int half, float base) {
        return angles.computeIfAbsent(half + " " + base, key -> RotaryKernel.table(positions(), half, base));
    }

    /// Positions that a batch can hold.
    public int positions() {
        return Math.max(capacity.rows(), capacity.cacheRows());
    }

    /// `dOut·out` of each row and head, which one kernel of attention's backward pass hands to the next.
    FloatArray delta(int headCount) {
        return deltas.computeIfAbsent(headCount, count -> Memory.floats((long) capacity.rows() * count));
    }

    /// Parts of sums over rows, for results of that width; `which` of two.
    FloatArray columnParts(int width, int which) {
        return columnParts.computeIfAbsent(
                2 * width + which, key -> Memory.floats((long) ElementKernel.partCount(width) * width));
    }

    /// Whether there is a backward pass.
    boolean learns() {
        return learns;
    }

    /// Frozen parameters have no gradients.
    boolean trains(Parameter parameter) {
        return gradients.containsKey(parameter.layout());
    }

    /// What a product in bfloat16 reads or writes, shared by all that have as many values in that role. Products of
    /// smaller buckets take the shortest array that is long enough.
    BFloat16Array rounded(Role role, int values) {
        NavigableMap<Integer, BFloat16Array> arrays = rounded.computeIfAbsent(role, key -> new TreeMap<>());
        return complete
                ? Objects.requireNonNull(arrays.ceilingEntry(values)).getValue()
                : arrays.computeIfAbsent(values, Memory::rounded);
    }

    /// Says that the largest bucket is lowered: the others lie in its arrays.
    public void complete() {
        complete = true;
    }

    /// Bytes of all that products in bfloat16 read and write, which is not in the [MemoryPlan].
    public long roundedBytes() {
        return rounded.values().stream()
                .flatMap(arrays -> arrays.values().stream())
                .mapToLong(BFloat16Array::getNumBytesOfSegment)
                .sum();
    }

    /// Scratch memory of the head that `identity` belongs to.
    Head head(Object identity, Parameter weight) {
        return heads.computeIfAbsent(
                identity, key -> head(plan.logitsRows(weight.rows()), plan.keepsLogits(weight.rows()), weight));
    }

    /// Scratch memory of the head that `identity` belongs to, whose logits no backward pass reads.
    Head passingHead(Object identity, Parameter weight) {
        return heads.computeIfAbsent(identity, key -> head(plan.blockRows(weight.rows()), false, weight));
    }

    /// The derivatives of all targets' hidden rows, which the blocks of a head leave.
    FloatArray targetRows(Head head, int width) {
        return head.kept()
                ? head.rows()
                : targetRows.computeIfAbsent(head, key -> Memory.floats((long) capacity.targets() * width));
    }

    private static Head head(int blockRows, boolean kept, Parameter weight) {
        int stride = Memory.wholeLines(weight.rows());
        return new Head(
                blockRows,
                kept,
                Memory.floats((long) blockRows * weight.columns()),
                Memory.floats((long) blockRows * stride),
                stride);
    }
}
