package dev.daa.compute.cpu.parallel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A fixed pool of threads that share out numbered tasks, with a barrier at the end of every call.
///
/// The thread that calls [#run] is worker 0 and takes part; `count - 1` daemon threads are workers `1 … count - 1`.
/// Each worker begins with its own part of the tasks, the same part in every call of as many tasks, so that what it
/// wrote in one call is in its caches when it reads that in the next; a worker that is through takes what others have
/// not begun. Which worker runs a task can therefore differ between calls: a task's result must depend on its number
/// only, and `worker` may serve only to choose scratch memory. A call allocates nothing. Between calls the threads spin
/// for some tens of microseconds, then sleep. With one worker everything is a plain loop.
///
/// One thread at a time may call [#run], and a task must not call it.
public final class Workers implements AutoCloseable {
    /// One numbered piece of work.
    @FunctionalInterface
    public interface Task {
        /// Runs task `task` on worker `worker` (`0 … count - 1`).
        void run(int task, int worker);
    }

    /// A piece of work on the index range `from … to - 1`.
    @FunctionalInterface
    public interface RangeTask {
        void run(int from, int to, int worker);
    }

    private static final long SPIN_NANOS = 40_000;
    private static final int SPINS_PER_CLOCK_READ = 64;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
    /// Slots of `state`, each on cache lines of its own.
    private static final int CALL = 16;
    private static final int DONE = 48;
    /// Of worker 0, those of the others behind it.
    private static final int TICKETS = 80;
    private static final int TICKET_SIZE = 32;

    /// `CALL`: twice the number of calls, and odd while `task` and `tasks` change. `DONE`: finished tasks. A
    /// worker's ticket: the call in the upper half, the next unclaimed task of its part in the lower one; a ticket
    /// of another call than the one under way stands for a part that nobody has begun.
    private final long[] state;
    private final Thread[] helpers;
    /// 1 while the helper sleeps or is about to, one slot a cache line.
    private final long[] asleep;
    private final Task rangeAdapter = this::runRange;

    private @Nullable Task task;
    private int tasks;
    private @Nullable RangeTask rangeTask;
    private int rangeLength;
    private int rangeChunk;
    private boolean active;
    private volatile boolean closed;
    private volatile @Nullable Throwable failure;

    /// A pool of `count` workers, the caller included.
    public Workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a pool needs at least 1 worker, not " + count);
        }
        state = new long[TICKETS + TICKET_SIZE * count];
        asleep = new long[16 * count];
        helpers = new Thread[count - 1];
        for (int helper = 0; helper < helpers.length; helper++) {
            int worker = helper + 1;
            helpers[helper] =
                    Thread.ofPlatform().daemon().name("daa-worker-" + worker).start(() -> help(worker));
        }
    }

    /// Number of workers, the caller included.
    public int count() {
        return helpers.length + 1;
    }

    /// Runs tasks `0 … tasks - 1` and returns when all have finished. If a task throws, tasks not yet begun are
    /// left out and the first throwable is thrown here. A single task runs on the calling thread.
    public void run(int tasks, Task task) {
        if (helpers.length == 0) {
            for (int index = 0; index < tasks; index++) {
                task.run(index, 0);
            }
            return;
        }
        if (active) {
            throw new IllegalStateException("a task must not start tasks on its own pool");
        }
        if (closed) {
            throw new IllegalStateException("the pool is closed");
        }
        if (tasks <= 0) {
            return;
        }
        active = true;
        try {
            if (tasks == 1) {
                task.run(0, 0);
            } else {
                runShared(tasks, task);
            }
        } finally {
            active = false;
        }
    }

    private void runShared(int tasks, Task task) {
        long call = (long) SLOT.getVolatile(state, CALL) + 2;
        SLOT.setVolatile(state, CALL, call - 1);
        this.task = task;
        this.tasks = tasks;
        SLOT.setVolatile(state, DONE, 0L);
        SLOT.setVolatile(state, CALL, call);
        wake(tasks - 1);
        work(call, 0);
        for (int spins = 1; (long) SLOT.getVolatile(state, DONE) < tasks; spins++) {
            if (spins % 4096 == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
        Throwable thrown = failure;
        if (thrown != null) {
            failure = null;
            throw Workers.<RuntimeException>rethrow(thrown);
        }
    }

    /// Cuts `0 … length - 1` into ranges of `chunk` (the last may be shorter) and runs them as tasks. The cuts do
    /// not depend on the number of workers.
    public void runRanges(int length, int chunk, RangeTask task) {
        if (chunk < 1) {
            throw new IllegalArgumentException("chunk must be at least 1, not " + chunk);
        }
        if (active) {
            throw new IllegalStateException("a task must not start tasks on its own pool");
        }
        if (helpers.length == 0) {
            for (int from = 0; from < length; from += chunk) {
                task.run(from, Math.min(length, from + chunk), 0);
            }
            return;
        }
        rangeTask = task;
        rangeLength = length;
        rangeChunk = chunk;
        run(chunks(length, chunk), rangeAdapter);
    }

    /// Number of ranges of `chunk` that cover `length`.
    public static int chunks(int length, int chunk) {
        return Math.ceilDiv(length, chunk);
    }

    /// Ends the threads and releases the caller's binding. Safe to call twice.
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        // A thread that has yet to end would keep the arrays of the last call alive.
        task = null;
        rangeTask = null;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
        }
    }

    private void runRange(int task, int worker) {
        int from = task * rangeChunk;
        java.util.Objects.requireNonNull(rangeTask).run(from, Math.min(rangeLength, from + rangeChunk), worker);
    }

    /// Runs what is left of call `call`: the worker's own part, then the others'.
    private void work(long call, int worker) {
        Task current = task;
        int total = tasks;
        // Read while no call could change them: this one is still under way.
        VarHandle.loadLoadFence();
        if (current == null || (long) SLOT.getVolatile(state, CALL) != call) {
            return;
        }
        int count = count();
        int finished = 0;
        for (int next = 0; next < count; next++) {
            int owner = (worker + next) % count;
            int from = (int) ((long) total * owner / count);
            int to = (int) ((long) total * (owner + 1) / count);
            for (int index = claim(call, owner, from, to); index >= 0; index = claim(call, owner, from, to)) {
                try {
                    if (failure == null) {
                        current.run(index, worker);
                    }
                } catch (Throwable thrown) {
                    fail(thrown);
                }
                finished++;
            }
        }
        if (finished > 0) {
            long unused = (long) SLOT.getAndAdd(state, DONE, (long) finished);
        }
    }

    /// The next task of the part `from … to - 1` of worker `owner`, or -1 where none is left.
    private int claim(long call, int owner, int from, int to) {
        if (from == to) {
            return -1;
        }
        int slot = TICKETS + TICKET_SIZE * owner;
        long mark = call << 31;
        while (true) {
            long ticket = (long) SLOT.getVolatile(state, slot);
            int index = (int) ticket;
            if ((ticket & ~0xffff_ffffL) != mark) {
                if ((long) SLOT.getVolatile(state, CALL) != call) {
                    return -1;
                }
                index = from;
            } else if (index >= to) {
                return -1;
            }
            if (SLOT.compareAndSet(state, slot, ticket, mark | (index + 1))) {
                return index;
            }
        }
    }

    private synchronized void fail(Throwable thrown) {
        if (failure == null) {
            failure = thrown;
        }
    }

    private void wake(int wanted) {
        int limit = Math.min(wanted, helpers.length);
        for (int helper = 0; helper < limit; helper++) {
            if ((long) SLOT.getVolatile(asleep, 16 * helper) != 0) {
                LockSupport.unpark(helpers[helper]);
            }
        }
    }

    private void help(int worker) {
        int slot = 16 * (worker - 1);
        long seen = 0;
        while (!closed) {
            seen = awaitCall(seen, slot);
            work(seen, worker);
        }
    }

    /// Waits until a call other than `seen` is under way (or the pool is closed) and returns it.
    private long awaitCall(long seen, int slot) {
        long deadline = System.nanoTime() + SPIN_NANOS;
        while (true) {
            for (int spin = 0; spin < SPINS_PER_CLOCK_READ; spin++) {
                long call = (long) SLOT.getVolatile(state, CALL);
                if (call != seen && call % 2 == 0 || closed) {
                    return call;
                }
                Thread.onSpinWait();
            }
            if (System.nanoTime() - deadline < 0) {
                continue;
            }
            SLOT.setVolatile(asleep, slot, 1L);
            if ((long) SLOT.getVolatile(state, CALL) == seen && !closed) {
                LockSupport.park(this);
            }
            SLOT.setVolatile(asleep, slot, 0L);
            deadline = System.nanoTime() + SPIN_NANOS;
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T rethrow(Throwable thrown) throws T {
        throw (T) thrown;
    }
}
