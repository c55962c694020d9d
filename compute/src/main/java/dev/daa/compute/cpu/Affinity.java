package dev.daa.compute.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// The cores that a thread may run on, through Linux's `sched_getaffinity` and `sched_setaffinity`.
final class Affinity {
    /// Room for 1,024 cores, as glibc's `cpu_set_t`.
    private static final int MASK_LONGS = 16;

    private final MethodHandle set;
    private final long[] original;
    private final int[] cores;

    private Affinity(MethodHandle set, long[] original) {
        this.set = set;
        this.original = original;
        this.cores = coresOf(original);
    }

    /// The calling thread's cores, or null where the operating system has no such call or native access is refused.
    @SuppressWarnings("restricted") // refusal is a result here: see below
    static @Nullable Affinity current() {
        if (!System.getProperty("os.name", "").startsWith("Linux")) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            Linker linker = Linker.nativeLinker();
            SymbolLookup lookup = linker.defaultLookup();
            FunctionDescriptor signature = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
            MethodHandle get = linker.downcallHandle(lookup.findOrThrow("sched_getaffinity"), signature);
            MethodHandle set = linker.downcallHandle(lookup.findOrThrow("sched_setaffinity"), signature);
            MemorySegment mask = arena.allocate(JAVA_LONG, MASK_LONGS);
            int result = (int) get.invokeExact(0, mask.byteSize(), mask);
            return result < 0 ? null : new Affinity(set, mask.toArray(JAVA_LONG));
        } catch (Throwable refused) {
            return null;
        }
    }

    /// Number of cores that the thread could run on.
    int cores() {
        return cores.length;
    }

    /// Binds the calling thread to core number `index` of those it could run on; false when refused.
    boolean bindTo(int index) {
        long[] mask = new long[MASK_LONGS];
        mask[cores[index] >> 6] = 1L << (cores[index] & 63);
        return apply(mask);
    }

    /// Gives the calling thread all its cores back.
    void restore() {
        apply(original);
    }

    private boolean apply(long[] longs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocateFrom(JAVA_LONG, longs);
            return (int) set.invokeExact(0, mask.byteSize(), mask) == 0;
        } catch (Throwable refused) {
            return false;
        }
    }

    private static int[] coresOf(long[] mask) {
        int[] cores = new int[MASK_LONGS * Long.SIZE];
        int count = 0;
        for (int core = 0; core < cores.length; core++) {
            if ((mask[core >> 6] >>> (core & 63) & 1) != 0) {
                cores[count++] = core;
            }
        }
        return java.util.Arrays.copyOf(cores, count);
    }
}
