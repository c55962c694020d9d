package dev.daa.compute;

import dev.daa.compute.MemoryPlan.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What several programs take together. Parameters that they share are counted once, where each does not have a copy of
/// its own.
public final class JointMemory {
    /// Without shared parameters.
    private final Map<Part, Long> bytes = new EnumMap<>(Part.class);

    private final List<MemoryPlan> programs = new ArrayList<>();
    private final Set<ParameterLayout> shared = new HashSet<>();
    private final Set<ParameterLayout> copied = new HashSet<>();

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
            if (part != Part.PARAMETERS || plan.copiesParameters()) {
                bytes.merge(part, plan.bytes(part), Long::sum);
            }
        }
        (plan.copiesParameters() ? copied : shared).addAll(plan.layouts());
        programs.add(plan);
        return this;
    }

    /// Adds what other programs take.
    public JointMemory add(JointMemory other) {
        other.bytes.forEach((part, count) -> bytes.merge(part, count, Long::sum));
        programs.addAll(other.programs);
        shared.addAll(other.shared);
        copied.addAll(other.copied);
        return this;
    }

    /// Adds parameters that no program reads yet.
    public JointMemory add(ParameterLayout layout) {
        shared.add(layout);
        return this;
    }

    /// Each of the programs.
    List<MemoryPlan> programs() {
        return programs;
    }

    /// Whether it is a device's memory.
    public boolean onDevice() {
        return !copied.isEmpty();
    }

    public long bytes(Part part) {
        long counted = bytes.getOrDefault(part, 0L);
        return part == Part.PARAMETERS ? counted + sharedBytes() : counted;
    }

    private long sharedBytes() {
        return shared.stream()
                .filter(layout -> !copied.contains(layout))
                .mapToLong(layout -> Float.BYTES * layout.count())
                .sum();
    }

    public long totalBytes() {
        return Arrays.stream(Part.values()).mapToLong(this::bytes).sum();
    }

    /// The sum and its parts: `12.3 MiB: parameters 1.0 MiB, …`.
    @Override
    public String toString() {
        return MemoryPlan.described(this::bytes);
    }
}
