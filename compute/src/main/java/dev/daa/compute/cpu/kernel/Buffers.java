package dev.daa.compute.cpu.kernel;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Gemm;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// All memory of a program: the arrays of its tensors as the [MemoryPlan] shares them out, parameters and their
/// gradients, caches, and what kernels of one kind have in common.
public final class Buffers {
    private final Graph graph;
    private final Capacity capacity;
    private final Workers workers;
    private final Gemm gemm;
    private final MemoryPlan plan;
    private final float[][] arrays;
    private final Map<String, CpuParameters> parameters = new HashMap<>();
    private final Map<String, CpuParameters> gradients = new HashMap<>();
    private final Map<Parameter, PackedWeight> packed = new HashMap<>();
    private final Map<Integer, CachedAttentionKernel.Cache> caches = new HashMap<>();
    private final Map<String, RotaryKernel.Table> rotaryTables = new HashMap<>();
    private final Map<Integer, AttentionScratch[]> attentionScratch = new HashMap<>();
    private final Map<Tensor, HeadLogits> headLogits = new HashMap<>();
    private final Map<String, float[]> scaled = new HashMap<>();
    private final SegmentGroups groups;
    private final Map<Integer, float[][]> cacheScores = new HashMap<>();

    public Buffers(Graph graph, Capacity capacity, List<Parameters> given, Workers workers) {
        this.graph = graph;
        this.capacity = capacity;
        this.workers = workers;
        this.gemm = new Gemm(workers);
        this.plan = MemoryPlan.of(graph, capacity);
        this.groups = new SegmentGroups(capacity);
        List<Long> sizes = plan.bufferSizes();
        arrays = new float[sizes.size()][];
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = new float[Math.toIntExact(sizes.get(i))];
        }
        for (ParameterLayout layout : graph.layouts()) {
            parameters.put(layout.name(), find(given, layout));
        }
        for (ParameterLayout layout : MemoryPlan.trainedLayouts(graph)) {
            gradients.put(layout.name(), new CpuParameters(layout));
        }
    }

    private static CpuParameters find(List<Parameters> given, ParameterLayout layout) {
        for (Parameters candidate : given) {
            if (candidate.layout().name().equals(layout.name())) {
                if (!(candidate instanceof CpuParameters own)) {
                    throw new IllegalArgumentException(
                            "the parameters of " + layout.name() + " were not allocated by the cpu backend");
                }
                if (!candidate.layout().sizes().equals(layout.sizes())) {
                    throw new IllegalArgumentException("the parameters of " + layout.name() + " have "
                            + candidate.layout().sizes() + " values, the graph expects " + layout.sizes());
                }
                return own;
            }
        }
        throw new IllegalArgumentException("no parameters were given for layout " + layout.name());
    }

    public Workers workers() {
        return workers;
    }

    Gemm gemm() {
        return gemm;
    }

    Capacity capacity() {
        return capacity;
    }

    public MemoryPlan plan() {
        return plan;
    }

    public SegmentGroups groups() {
        return groups;
    }

    /// The array that starts with the tensor's first row.
    public float[] of(Tensor tensor) {
        return arrays[plan.buffer(tensor)];
    }

    public CpuParameters parameters(String layout) {
        CpuParameters found = parameters.get(layout);
        if (found == null) {
            throw new IllegalArgumentException("the graph has no layout " + layout);
        }
        return found;
    }

    float[] values(Parameter parameter) {
        return parameters(parameter.layout()).values(parameter);
    }

    public CpuParameters gradients(String layout) {
        CpuParameters found = gradients.get(layout);
        if (found == null) {
            throw new IllegalArgumentException("layout " + layout + " is not trained by the graph");
        }
        return found;
    }

    float[] gradients(Parameter parameter) {
        return gradients(parameter.layout()).values(parameter);
    }

    /// Whether the parameter has a gradient.
    boolean trains(Parameter parameter) {
        return graph.trains(parameter);
    }

    PackedWeight packed(Parameter weight) {
        return packed.computeIfAbsent(weight, key -> new PackedWeight(workers, parameters(key.layout()), key));
    }

    CachedAttentionKernel.Cache cache(Op.CachedAttention op) {
        return caches.computeIfAbsent(
                op.layer(), layer -> new CachedAttentionKernel.Cache(op.shape(), capacity.cacheRows()));
    }

    /// Memory for a scaled copy of a tensor of that extent and width, which all such tensors share.
    float[] scaled(Tensor tensor) {
        return scaled.computeIfAbsent(
                tensor.extent() + " " + tensor.width(), key -> new float[tensor.rows(capacity) * tensor.width()]);
    }

    /// Scores of one query per worker, for attention of that shape.
    float[][] cacheScores(AttentionShape shape) {
        int size = Math.toIntExact(CachedAttentionKernel.scoresSize(shape, capacity.cacheRows()));
        return cacheScores.computeIfAbsent(size, key -> new float[workers.count()][key]);
    }

    RotaryKernel.Table rotaryTable(int rotarySize, float base) {
        int positions = Math.max(1, Math.max(capacity.rows(), capacity.cacheRows()));
        return rotaryTables.computeIfAbsent(
                rotarySize + " " + base, key -> new RotaryKernel.Table(rotarySize, base, positions));
    }

    AttentionScratch[] attentionScratch(int headSize) {
        return attentionScratch.computeIfAbsent(headSize, size -> {
            AttentionScratch[] scratch = new AttentionScratch[workers.count()];
            for (int worker = 0; worker < scratch.length; worker++) {
                scratch[worker] = new AttentionScratch(
                        capacity.rows(), size, !graph.backward().isEmpty());
            }
            return scratch;
        });
    }

    /// Logits of a language head, shared by its forward and backward pass, which `logSumExp` identifies.
    HeadLogits headLogits(Tensor logSumExp, Tensor hidden, Parameter weight) {
        boolean kept = plan.keepsLogits(weight.rows());
        return headLogits.computeIfAbsent(logSumExp, key -> new HeadLogits(hidden, weight, kept, this));
    }
}
