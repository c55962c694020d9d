package dev.daa.compute.cpu.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void runsEveryTaskOnceAndFinishesBeforeReturning(int count) {
        try (Workers workers = new Workers(count)) {
            for (int call = 0; call < 2_000; call++) {
                int tasks = call % 14;
                int[] runs = new int[14];
                workers.run(tasks, (task, worker) -> {
                    assertThat(worker).isBetween(0, count - 1);
                    runs[task]++;
                });
                int[] expected = new int[14];
                Arrays.fill(expected, 0, tasks, 1);
                assertThat(runs).isEqualTo(expected);
                if (call % 500 == 499) {
                    // Long enough for the helpers to fall asleep: the next call must wake them.
                    LockSupport.parkNanos(2_000_000);
                }
            }
        }
    }

    @Test
    void workersRunAtTheSameTime() {
        try (Workers workers = new Workers(3)) {
            CyclicBarrier together = new CyclicBarrier(3);
            AtomicIntegerArray seen = new AtomicIntegerArray(3);
            workers.run(3, (task, worker) -> {
                await(together);
                seen.incrementAndGet(worker);
            });
            for (int worker = 0; worker < 3; worker++) {
                assertThat(seen.get(worker)).isEqualTo(1);
            }
        }
    }

    /// What a worker wrote in one call is in its caches when it gets the same part in the next.
    @Test
    @Timeout(60)
    void workersBeginWithTheirOwnParts() {
        try (Workers workers = new Workers(3)) {
            for (int call = 0; call < 100; call++) {
                CyclicBarrier together = new CyclicBarrier(3);
                int[] first = {-1, -1, -1};
                workers.run(9, (task, worker) -> {
                    if (first[worker] < 0) {
                        first[worker] = task;
                        await(together);
                    }
                });
                assertThat(first).containsExactly(0, 3, 6);
            }
        }
    }

    @Test
    @Timeout(60)
    void workersTakeOverWhatAnotherHasNotBegun() {
        try (Workers workers = new Workers(2)) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch others = new CountDownLatch(7);
            int[] runBy = new int[8];
            workers.run(8, (task, worker) -> {
                runBy[task] = worker;
                if (worker == 0) {
                    // The caller stays with its first task until the helper has run all others.
                    begun.countDown();
                    await(others);
                } else {
                    await(begun);
                    others.countDown();
                }
            });
            assertThat(runBy).containsExactly(0, 1, 1, 1, 1, 1, 1, 1);
        }
    }

    @Test
    void aSingleTaskStaysWithTheCaller() {
        try (Workers workers = new Workers(2)) {
            for (int call = 0; call < 1_000; call++) {
                workers.run(2, (task, worker) -> {});
                workers.run(1, (task, worker) -> assertThat(worker).isZero());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theCallerGetsWhatATaskThrowsAndThePoolLivesOn(int count) {
        try (Workers workers = new Workers(count)) {
            for (int failing = 0; failing < 5; failing++) {
                int bad = failing;
                assertThatThrownBy(() -> workers.run(5, (task, worker) -> {
                            if (task == bad) {
                                throw new ArithmeticException("task " + task);
                            }
                        }))
                        .isInstanceOf(ArithmeticException.class)
                        .hasMessage("task " + failing);
            }
            int[] runs = new int[5];
            workers.run(5, (task, worker) -> runs[task]++);
            assertThat(runs).containsExactly(1, 1, 1, 1, 1);
        }
    }

    @Test
    void ofTwoTasksThatThrowTheFirstIsHeard() {
        try (Workers workers = new Workers(2)) {
            CyclicBarrier together = new CyclicBarrier(2);
            AtomicReference<@Nullable Thread> helper = new AtomicReference<>();
            assertThatThrownBy(() -> workers.run(2, (task, worker) -> {
                        await(together);
                        if (worker == 1) {
                            helper.set(Thread.currentThread());
                            throw new ArithmeticException("first");
                        }
                        // A helper that has nothing left to do sleeps.
                        Thread first = helper.get();
                        while (first == null || first.getState() != Thread.State.WAITING) {
                            Thread.onSpinWait();
                            first = helper.get();
                        }
                        throw new ArithmeticException("second");
                    }))
                    .hasMessage("first");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void cutsRangesWithoutGapOrOverlap(int count) {
        try (Workers workers = new Workers(count)) {
            for (int length : new int[] {0, 1, 7, 13, 33, 257}) {
                for (int chunk : new int[] {1, 7, 32, 300}) {
                    int[] covered = new int[length];
                    workers.runRanges(length, chunk, (from, to, worker) -> {
                        assertThat(from % chunk).isZero();
                        for (int i = from; i < to; i++) {
                            covered[i]++;
                        }
                    });
                    int[] expected = new int[length];
                    Arrays.fill(expected, 1);
                    assertThat(covered).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void aTaskMustNotStartTasks() {
        try (Workers workers = new Workers(2)) {
            assertThatThrownBy(() -> workers.run(1, (task, worker) -> workers.run(1, (inner, innerWorker) -> {})))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("a task must not start tasks on its own pool");
        }
    }

    @Test
    void refusesAnEmptyPool() {
        assertThatThrownBy(() -> new Workers(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a pool needs at least 1 worker, not 0");
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
