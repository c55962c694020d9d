package dev.daa.compute;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Which tensors of a graph share memory, and how many bytes a program takes, before anything is allocated.
///
/// Time is counted in ops, forward then backward. A tensor lives from the op that writes it first to the op that reads
/// it last; two tensors whose lives do not overlap may lie in the same buffer. *Kept* tensors live from the first op to
/// the last: those that no op writes (the caller does), those that no op reads (the caller does), and the
/// log-probabilities, entropies, scores and divergences that every caller reads.
public final class MemoryPlan {
    /// What memory is for.
    public enum Part {
        PARAMETERS,
        GRADIENTS,
        OPTIMIZER,
        /// Tensors of the forward and the backward pass.
        ACTIVATIONS,
        /// Logits: kept from the forward to the backward pass where they fit [LogitsMemory], a block of them
        /// otherwise.
        LOGITS,
        /// Keys and values of decoding.
        CACHE,
        /// What a backend's kernels take beside tensors.
        SCRATCH
    }

    private final Graph graph;
    private final Capacity capacity;
    private final LogitsMemory logitsMemory;
    private final boolean copiesParameters;
    private final int[] bufferOf;
    private final BitSet kept = new BitSet();
    private final BitSet forBackward = new BitSet();
    private final List<Long> bufferSizes = new ArrayList<>();
    private final Map<Part, Long> bytes = new EnumMap<>(Part.class);
    private long largestCache;

    private MemoryPlan(
            Graph graph, Capacity capacity, LogitsMemory logitsMemory, long scratch, boolean copiesParameters) {
        this.graph = graph;
        this.capacity = capacity;
        this.logitsMemory = logitsMemory;
        this.copiesParameters = copiesParameters;
        bufferOf = new int[graph.tensors().size()];
        shareBuffers();
        countBytes();
        add(Part.SCRATCH, scratch);
    }

    /// The plan of a backend that keeps logits in host memory and has kernels without scratch memory.
    public static MemoryPlan of(Graph graph, Capacity capacity) {
        return of(graph, capacity, LogitsMemory.HOST, 0);
    }

    /// Of a program on a device: it has a copy of its parameters, even where another one has it too, and its heads
    /// of the same rows and weight share logits where no backward pass follows.
    public static MemoryPlan onDevice(Graph graph, Capacity capacity, LogitsMemory logitsMemory) {
        return new MemoryPlan(graph, capacity, logitsMemory, 0, true);
    }

    /// @param capacity the largest batch
    /// @param logitsMemory how many logits the backend keeps between the passes
    /// @param scratch fp32 values that the backend's kernels take beside tensors
    public static MemoryPlan of(Graph graph, Capacity capacity, LogitsMemory logitsMemory, long scratch) {
        return new MemoryPlan(graph, capacity, logitsMemory, scratch, false);
    }

    /// What the program computes.
    public Graph graph() {
        return graph;
    }

    /// The largest batch.
    public Capacity capacity() {
        return capacity;
    }

    /// Layouts whose parameters the program reads.
    List<ParameterLayout> layouts() {
        return graph.layouts();
    }

    /// Whether other programs that read the same parameters have others.
    boolean copiesParameters() {
        return copiesParameters;
    }

    /// Number of the buffer in which the tensor lies, from its start.
    public int buffer(Tensor tensor) {
        return bufferOf[tensor.id()];
    }

    /// fp32 values that each buffer must hold.
    public List<Long> bufferSizes() {
        return List.copyOf(bufferSizes);
    }

    /// Whether the tensor keeps its values from the op that writes it to the end of the step.
    public boolean kept(Tensor tensor) {
        return kept.get(tensor.id());
    }

    public long bytes(Part part) {
        return bytes.getOrDefault(part, 0L);
    }

    public long totalBytes() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }

    public Part largestPart() {
        return Arrays.stream(Part.values())
                .max(Comparator.comparingLong(this::bytes))
                .orElseThrow();
    }

    /// The sum and its parts: `12.3 MiB: parameters 1.0 MiB, …`.
    @Override
    public String toString() {
        return described(this::bytes);
    }

    static String described(ToLongFunction<Part> bytes) {
        long total = Arrays.stream(Part.values()).mapToLong(bytes).sum();
        return Arrays.stream(Part.values())
                .filter(part -> bytes.applyAsLong(part) > 0)
                .map(part -> named(part) + " " + mebibytes(bytes.applyAsLong(part)))
                .collect(Collectors.joining(", ", mebibytes(total) + ": ", ""));
    }

    /// Refuses to go on when the program needs more than there is.
    ///
    /// @param availableBytes memory of the device, or the heap that is left
    /// @param remedies what the user can change for each part: `--batch`, `--model`
    public void requireFits(long availableBytes, Map<Part, String> remedies) {
        if (totalBytes() > availableBytes) {
            Part largest = largestPart();
            throw new InputException("needs " + mebibytes(totalBytes()) + " of memory, " + mebibytes(availableBytes)
                    + " are available; the largest part is "
                    + named(largest) + " (" + mebibytes(bytes(largest)) + ")"
                    + (remedies.containsKey(largest) ? ": reduce " + remedies.get(largest) : ""));
        }
    }

    /// Refuses tensors and caches that one array cannot hold.
    ///
    /// @param longest values of an array
    /// @param remedies what the user can change for each part
    public void requireArraysHold(long longest, Map<Part, String> remedies) {
        bufferSizes.forEach(values -> requireArrayHolds(values, longest, remedies.get(Part.ACTIVATIONS)));
        requireArrayHolds(largestCache, longest, remedies.get(Part.CACHE));
    }

    private static void requireArrayHolds(long values, long longest, @Nullable String remedy) {
        if (values > longest) {
            throw new InputException("a tensor of " + values + " values is needed, an array has at most " + longest
                    + (remedy == null ? "" : ": reduce " + remedy));
        }
    }

    /// Layouts whose gradients the graph accumulates or applies.
    public static List<ParameterLayout> trainedLayouts(Graph graph) {
        Set<String> updated = new HashSet<>();
        graph.update().forEach(op -> updated.add(op.layout().name()));
        return graph.layouts().stream()
                .filter(layout -> graph.trains(layout) || updated.contains(layout.name()))
                .toList();
    }

    /// Whether logits are kept for the backward pass.
    public boolean keepsLogits(int vocabulary) {
        return !graph.backward().isEmpty() && (long) capacity.targets() * vocabulary <= logitsMemory.kept();
    }

    /// Targets whose logits are in memory at a time: all of them where logits are kept.
    public int logitsRows(int vocabulary) {
        return keepsLogits(vocabulary) ? Math.max(1, capacity.targets()) : blockRows(vocabulary);
    }

    /// Targets of a block of logits that are not kept.
    public int blockRows(int vocabulary) {
        return Math.clamp(logitsMemory.block() / vocabulary, 1, Math.clamp(capacity.targets(), 1, logitsMemory.rows()));
    }

    /// Largest tensors first, each into the first buffer that is large enough and free during its life.
    private void shareBuffers() {
        List<Op> ops = new ArrayList<>(graph.forward());
        ops.addAll(graph.backward());
        int[] first = new int[bufferOf.length];
        int[] last = new int[bufferOf.length];
        lives(ops, first, last);
        List<Tensor> bySize = graph.tensors().stream()
                .sorted(Comparator.comparingLong((Tensor tensor) -> size(tensor, capacity))
                        .reversed()
                        .thenComparingInt(Tensor::id))
                .toList();
        List<BitSet> taken = new ArrayList<>();
        for (Tensor tensor : bySize) {
            int from = first[tensor.id()];
            int to = last[tensor.id()] + 1;
            int buffer = 0;
            while (buffer < taken.size() && !isFree(taken.get(buffer), from, to)) {
                buffer++;
            }
            if (buffer == taken.size()) {
                taken.add(new BitSet());
                bufferSizes.add(size(tensor, capacity));
            }
            taken.get(buffer).set(from, to);
            bufferOf[tensor.id()] = buffer;
        }
    }

    private void lives(List<Op> ops, int[] first, int[] last) {
        BitSet read = new BitSet();
        BitSet written = new BitSet();
        Arrays.fill(first, Integer.MAX_VALUE);
        for (int time = 0; time < ops.size(); time++) {
            Access access = Access.of(ops.get(time));
            for (Tensor tensor : access.reads()) {
                first[tensor.id()] = Math.min(first[tensor.id()], time);
                last[tensor.id()] = time;
                // What is read and written in place only is a result that the caller reads.
                if (!access.writes().contains(tensor)) {
                    read.set(tensor.id());
                }
                if (!written.get(tensor.id())) {
                    kept.set(tensor.id());
                }
            }
            for (Tensor tensor : access.writes()) {
                first[tensor.id()] = Math.min(first[tensor.id()], time);
                last[tensor.id()] = time;
                written.set(tensor.id());
            }
            if (ops.get(time) instanceof Op.Forward op) {
                noteResults(op);
            }
        }
        graph.differentiated().forEach(tensor -> kept.set(tensor.id()));
        for (Tensor tensor : graph.tensors()) {
            int id = tensor.id();
            if (!read.get(id) && !forBackward.get(id)) {
                kept.set(id);
            }
            if (kept.get(id)) {
                first[id] = 0;
                last[id] = Math.max(0, ops.size() - 1);
            }
        }
    }

    /// What every caller reads is kept though ops may read it, too; what is there for the backward op alone is no
    /// result even where nothing reads it.
    private void noteResults(Op.Forward op) {
        switch (op) {
            case Op.LayerNorm norm -> forBackward.set(norm.statistics().id());
            case Op.RmsNorm norm -> forBackward.set(norm.statistics().id());
            case Op.Attention attention -> forBackward.set(attention.logSumExp().id());
            case Op.TokenLogProb head -> keepAll(head);
            case Op.ScalarHead head -> keepAll(head);
            case Op.TokenKl divergence -> {
                kept.set(divergence.out().id());
                forBackward.set(divergence.logSumExp().id());
                forBackward.set(divergence.otherLogSumExp().id());
            }
            case Op.TokenConcentration concentration -> keepAll(concentration);
            case Op.Sample sample -> keepAll(sample);
            case Op.Embedding _,
                    Op.Linear _,
                    Op.AddLinear _,
                    Op.Rotary _,
                    Op.CachedAttention _,
                    Op.Gelu _,
                    Op.SwiGlu _,
                    Op.Gather _ -> {}
        }
    }

    private void keepAll(Op.Forward op) {
        Access.of(op).writes().forEach(result -> kept.set(result.id()));
    }

    private static boolean isFree(BitSet taken, int from, int to) {
        int next = taken.nextSetBit(from);
        return next < 0 || next >= to;
    }

    private void countBytes() {
        for (ParameterLayout layout : graph.layouts()) {
            add(Part.PARAMETERS, layout.count());
        }
        for (ParameterLayout layout : trainedLayouts(graph)) {
            add(Part.GRADIENTS, layout.count());
        }
        for (Op.Update op : graph.update()) {
            add(Part.OPTIMIZER, moments(op) * op.layout().count());
        }
        bufferSizes.forEach(size -> add(Part.ACTIVATIONS, size));
        Map<Integer, Long> caches = new HashMap<>();
        Set<Object> shared = new HashSet<>();
        for (Op.Forward op : graph.forward()) {
            switch (op) {
                case Op.CachedAttention attention ->
                    caches.put(
                            attention.layer(),
                            2L * capacity.cacheRows() * attention.shape().keyValueWidth());
                case Op.TokenLogProb head ->
                    addLogits(List.of(head.hidden(), head.weight()), logits(head.weight()), shared);
                case Op.TokenKl divergence -> {
                    List<Object> first = List.of(divergence.hidden(), divergence.weight());
                    List<Object> second = List.of(divergence.otherHidden(), divergence.otherWeight());
                    addLogits(first, logits(divergence.weight()), shared);
                    addLogits(second.equals(first) ? divergence : second, logits(divergence.otherWeight()), shared);
                }
                case Op.TokenConcentration concentration ->
                    addLogits(
                            List.of(concentration.hidden(), concentration.weight()),
                            logitsBlock(concentration.weight().rows()),
                            shared);
                case Op.Embedding _,
                        Op.LayerNorm _,
                        Op.RmsNorm _,
                        Op.Linear _,
                        Op.AddLinear _,
                        Op.Rotary _,
                        Op.Attention _,
                        Op.Gelu _,
                        Op.SwiGlu _,
                        Op.Gather _,
                        Op.ScalarHead _,
                        Op.Sample _ -> {}
            }
        }
        caches.values().forEach(size -> {
            add(Part.CACHE, size);
            largestCache = Math.max(largestCache, size);
        });
    }

    /// Values of the optimizer's state for each parameter.
    private static long moments(Op.Update op) {
        return switch (op) {
            case Op.ClipGradient _ -> 0;
            case Op.AdamW _ -> 2;
            case Op.RmsProp _ -> 1;
        };
    }

    /// @param shared logits that are counted already and may be read again
    private void addLogits(Object identity, long values, Set<Object> shared) {
        boolean readsAgain = copiesParameters && graph.backward().isEmpty();
        if (!readsAgain || shared.add(identity)) {
            add(Part.LOGITS, values);
        }
    }

    /// Logits, and the hidden rows of the targets with their derivatives.
    private long logits(Parameter weight) {
        long rows = (long) capacity.targets() * weight.columns();
        long logits =
                keepsLogits(weight.rows()) ? (long) capacity.targets() * weight.rows() : logitsBlock(weight.rows());
        return logits + (graph.backward().isEmpty() ? rows : 2 * rows);
    }

    private long logitsBlock(int vocabulary) {
        return Math.min((long) Math.min(capacity.targets(), logitsMemory.rows()) * vocabulary, logitsMemory.block());
    }

    private void add(Part part, long values) {
        bytes.merge(part, values * Float.BYTES, Long::sum);
    }

    private static long size(Tensor tensor, Capacity capacity) {
        return (long) tensor.rows(capacity) * tensor.width();
    }

    private static String named(Part part) {
        return part.name().toLowerCase(Locale.ROOT);
    }

    /// A number of bytes for people: `1,024.5 MiB`.
    public static String mebibytes(long count) {
        return String.format(Locale.ROOT, "%,.1f MiB", count / 1048576.0);
    }
}
