package dev.daa.compute;

import dev.daa.compute.MemoryPlan.Part;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What several programs take together. Parameters of a layout that they share are counted once.
public final class JointMemory {
    private final Map<Part, Long> bytes = new EnumMap<>(Part.class);
    private final Set<ParameterLayout> layouts = new HashSet<>();

    /// Of these programs.
    public static JointMemory of(MemoryPlan... plans) {
        JointMemory memory = new JointMemory();
        for (MemoryPlan plan : plans) {
            memory.add(plan);
        }
        return memory;
    }

    /// Adds a program.
    public JointMemory add(MemoryPlan plan) {
        for (Part part : Part.values()) {
            if (part != Part.PARAMETERS) {
                bytes.merge(part, plan.bytes(part), Long::sum);
            }
        }
        plan.layouts().forEach(this::addLayout);
        return this;
    }

    /// Adds what other programs take.
    public JointMemory add(JointMemory other) {
        other.bytes.forEach((part, count) -> {
            if (part != Part.PARAMETERS) {
                bytes.merge(part, count, Long::sum);
            }
        });
        other.layouts.forEach(this::addLayout);
        return this;
    }

    /// Adds parameters that no program reads yet.
    public JointMemory add(ParameterLayout layout) {
        addLayout(layout);
        return this;
    }

    private void addLayout(ParameterLayout layout) {
        if (layouts.add(layout)) {
            bytes.merge(Part.PARAMETERS, Float.BYTES * layout.count(), Long::sum);
        }
    }

    public long bytes(Part part) {
        return bytes.getOrDefault(part, 0L);
    }

    public long totalBytes() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }

    /// The sum and its parts: `12.3 MiB: parameters 1.0 MiB, …`.
    @Override
    public String toString() {
        return MemoryPlan.described(this::bytes);
    }
}
