package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.train.run.InterruptedRunException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Steps that need what others make. Each starts as soon as there is a place for it and what it waits for is over,
/// those added first before the others, so that no place stands idle while anything can be done.
final class Schedule {
    private final List<Step<?>> steps = new ArrayList<>();
    private int running;
    /// What the listener threw instead of hearing of a failure.
    private @Nullable Throwable unheard;

    /// One piece of work on a backend of its own.
    static final class Step<T> {
        private final String name;
        private final List<Step<?>> needs;
        private final List<Step<?>> follows;
        private final Function<Backend, T> work;
        private State state = State.WAITING;
        private @Nullable T result;

        private Step(String name, Collection<Step<?>> needs, Collection<Step<?>> follows, Function<Backend, T> work) {
            this.name = name;
            this.needs = List.copyOf(needs);
            this.follows = List.copyOf(follows);
            this.work = work;
        }

        /// What it made; for steps that need this one.
        T result() {
            return outcome().orElseThrow(() -> new IllegalStateException(name + " is not done"));
        }

        /// What it made; empty if it failed or did not run.
        Optional<T> outcome() {
            return Optional.ofNullable(result);
        }

        private boolean isReady() {
            return state == State.WAITING
                    && needs.stream().allMatch(step -> step.state == State.DONE)
                    && follows.stream().allMatch(step -> step.state.isOver());
        }

        private boolean isLost() {
            return state == State.WAITING && needs.stream().anyMatch(step -> step.state == State.LOST);
        }

        private void run(Backend backend) {
            result = work.apply(backend);
        }
    }

    private enum State {
        WAITING,
        RUNNING,
        DONE,
        /// Failed, stopped, or in need of such a step.
        LOST;

        boolean isOver() {
            return this == DONE || this == LOST;
        }
    }

    /// Adds a step that runs if all that it needs succeeds.
    <T> Step<T> add(String name, Collection<Step<?>> needs, Function<Backend, T> work) {
        return add(name, needs, List.of(), work);
    }

    /// Adds a step that runs if all that it needs succeeds, and not before those that it follows are over, however
    /// they end. Both were added before.
    <T> Step<T> add(String name, Collection<Step<?>> needs, Collection<Step<?>> follows, Function<Backend, T> work) {
        Step<T> step = new Step<>(name, needs, follows, work);
        steps.add(step);
        return step;
    }

    /// Runs all steps and waits for them.
    ///
    /// @param places steps that may run at the same time
    /// @param open the backend of a step, given how many steps share the machine with it, itself included
    /// @param stopped once true, no further step starts
    /// @param failure hears of a step that failed, by its name; what it throws is thrown here once the steps that
    ///   run are over, and no further step starts
    /// @return names of the steps that failed; what needs them has not run
    List<String> run(
            int places, IntFunction<Backend> open, BooleanSupplier stopped, BiConsumer<String, Throwable> failure) {
        List<String> failed = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService executor = Executors.newFixedThreadPool(places)) {
            for (int place = 0; place < places; place++) {
                executor.execute(() -> {
                    for (Launch next = next(places, stopped); next != null; next = next(places, stopped)) {
                        Throwable cause = failureOf(next, open);
                        try {
                            if (cause != null) {
                                failed.add(next.step.name);
                                failure.accept(next.step.name, cause);
                            }
                        } catch (RuntimeException | Error thrown) {
                            keepUnheard(thrown);
                        } finally {
                            over(next.step);
                        }
                    }
                });
            }
        }
        throwUnheard();
        return failed;
    }

    private record Launch(Step<?> step, int concurrent) {}

    /// @return what failed it; null where it is done, or was stopped
    private static @Nullable Throwable failureOf(Launch launch, IntFunction<Backend> open) {
        try (Backend backend = open.apply(launch.concurrent)) {
            launch.step.run(backend);
            return null;
        } catch (InterruptedRunException | CancellationException stopped) {
            return null;
        } catch (RuntimeException | Error failure) {
            return failure;
        }
    }

    /// Waits for the next step that can run; null when none will come.
    private synchronized @Nullable Launch next(int places, BooleanSupplier stopped) {
        while (unheard == null && !stopped.getAsBoolean()) {
            List<Step<?>> ready = steps.stream().filter(Step::isReady).toList();
            if (!ready.isEmpty()) {
                Step<?> first = ready.getFirst();
                first.state = State.RUNNING;
                running++;
                return new Launch(first, Math.min(places, running + ready.size() - 1));
            }
            if (running == 0) {
                return null;
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
        return null;
    }

    private synchronized void keepUnheard(Throwable thrown) {
        if (unheard == null) {
            unheard = thrown;
        } else {
            unheard.addSuppressed(thrown);
        }
    }

    private synchronized void throwUnheard() {
        switch (unheard) {
            case RuntimeException exception -> throw exception;
            case Error error -> throw error;
            case null, default -> {}
        }
    }

    private synchronized void over(Step<?> step) {
        step.state = step.result == null ? State.LOST : State.DONE;
        running--;
        // Needs come before what needs them, so one pass finds all that is lost with this one.
        for (Step<?> other : steps) {
            if (other.isLost()) {
                other.state = State.LOST;
            }
        }
        notifyAll();
    }
}
