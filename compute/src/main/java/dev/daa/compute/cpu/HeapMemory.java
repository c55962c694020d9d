package dev.daa.compute.cpu;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.MemoryPlan.Part;
import dev.daa.compute.ParameterLayout;
import java.util.EnumMap;
import java.util.Map;

/// Asks, before anything is allocated, whether the Java heap has room for it.
final class HeapMemory {
    private static final String MORE_HEAP = "give Java more memory (DAA_JAVA_OPTIONS=-Xmx…)";
    /// Longest Java array that every JVM allocates.
    private static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8;

    private HeapMemory() {}

    static void requireRoomFor(ParameterLayout layout) {
        long needed = layout.count() * Float.BYTES;
        long available = available(needed);
        if (needed > available) {
            throw new InputException("the parameters of " + layout.name() + " need " + MemoryPlan.mebibytes(needed)
                    + " of memory, " + MemoryPlan.mebibytes(available) + " are available; take a smaller --model, or "
                    + MORE_HEAP);
        }
    }

    /// Of a program whose parameters lie in the heap already.
    static void requireRoomBesideParameters(MemoryPlan plan) {
        requireRoomFor(plan, plan.bytes(Part.PARAMETERS));
    }

    /// Of a program whose parameters are still to be made.
    static void requireRoomForAll(MemoryPlan plan) {
        requireRoomFor(plan, 0);
    }

    private static void requireRoomFor(MemoryPlan plan, long there) {
        long available = available(plan.totalBytes() - there);
        Map<Part, String> remedies = remedies(plan.graph(), plan.capacity());
        plan.requireFits(available + there, remedies);
        plan.requireArraysHold(LONGEST_ARRAY, remedies);
    }

    /// Bytes that the heap can still take; garbage is collected first when it would decide.
    private static long available(long needed) {
        long left = left();
        if (left >= needed) {
            return left;
        }
        System.gc();
        return left();
    }

    private static long left() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
    }

    private static Map<Part, String> remedies(Graph graph, Capacity capacity) {
        String rows = (!graph.backward().isEmpty()
                        ? "--micro-batch, or "
                        : capacity.cacheRows() > 0 ? "--batch, or " : "the length of the rows, or ")
                + MORE_HEAP;
        String model = "the size of the model, or " + MORE_HEAP;
        Map<Part, String> remedies = new EnumMap<>(Part.class);
        remedies.put(Part.PARAMETERS, model);
        remedies.put(Part.GRADIENTS, model);
        remedies.put(Part.OPTIMIZER, model);
        remedies.put(Part.ACTIVATIONS, rows);
        remedies.put(Part.LOGITS, rows);
        remedies.put(Part.SCRATCH, "--threads, or " + rows);
        remedies.put(Part.CACHE, "--batch or --max-tokens, or " + MORE_HEAP);
        return remedies;
    }
}
