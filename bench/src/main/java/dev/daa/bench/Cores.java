package dev.daa.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.daa.compute.cpu.parallel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;

/// Binds threads to cores through Linux's `sched_setaffinity`, so that two spinning threads are never put on one core.
@SuppressWarnings("restricted") // native calls are what this class is for
final class Cores {
    private Cores() {}

    /// Binds worker i to core i; false where there are fewer cores than workers, or the operating system refuses.
    /// Threads that the caller, worker 0, starts afterwards inherit its core.
    static boolean bind(Workers workers) {
        int count = workers.count();
        if (count == 1 || count > Runtime.getRuntime().availableProcessors()) {
            return false;
        }
        AtomicBoolean bound = new AtomicBoolean(true);
        // No worker takes two of the tasks while each waits for all.
        CyclicBarrier together = new CyclicBarrier(count);
        workers.run(count, (task, worker) -> {
            try {
                together.await();
            } catch (Exception broken) {
                throw new IllegalStateException(broken);
            }
            if (!bind(0, worker)) {
                bound.set(false);
            }
        });
        return bound.get();
    }

    /// Binds the thread of this id, 0 for the caller's, to a core; false where the operating system refuses.
    static boolean bind(int thread, int core) {
        try (Arena arena = Arena.ofConfined()) {
            Linker linker = Linker.nativeLinker();
            MethodHandle set = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("sched_setaffinity"),
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
            long[] longs = new long[core / Long.SIZE + 1];
            longs[core / Long.SIZE] = 1L << core % Long.SIZE;
            MemorySegment mask = arena.allocateFrom(JAVA_LONG, longs);
            return (int) set.invokeExact(thread, mask.byteSize(), mask) == 0;
        } catch (Throwable refused) {
            return false;
        }
    }
}
