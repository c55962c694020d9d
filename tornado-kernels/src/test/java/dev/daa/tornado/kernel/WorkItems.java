package dev.daa.tornado.kernel;

import dev.daa.tornado.lowering.Grid;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.KernelContext;

/// The work-items of a kernel on the host. Those of a group take turns on one thread: each goes as far as the next
/// barrier, in an order that is drawn anew between any two barriers. A kernel that lacks a barrier then computes
/// something else, and local memory holds NaN until it is written.
///
/// Work-items are the JDK's own continuations, reached by name because they are not public.
public final class WorkItems {
    private static final MethodHandle NEW;
    private static final MethodHandle RUN;
    private static final MethodHandle IS_DONE;
    private static final MethodHandle YIELD;

    /// What TornadoVM replaces by the numbers of a work-item.
    private static final Map<String, Field> NUMBERS = new HashMap<>();

    static {
        if ("device".equals(System.getProperty("daa.kernels"))) {
            throw new IllegalStateException(
                    "this JVM compiles kernels for a device, which no longer works here: tag the class that runs them"
                            + " on the host @Tag(\"host\")");
        }
        try {
            for (Field field : KernelContext.class.getFields()) {
                if (field.getType() == Integer.class) {
                    field.setAccessible(true);
                    NUMBERS.put(field.getName(), field);
                }
            }
            Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
            Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Object items = lookup.findConstructor(scope, MethodType.methodType(void.class, String.class))
                    .invoke("work-items");
            NEW = MethodHandles.insertArguments(
                            lookup.findConstructor(
                                    continuation, MethodType.methodType(void.class, scope, Runnable.class)),
                            0,
                            items)
                    .asType(MethodType.methodType(Object.class, Runnable.class));
            RUN = lookup.findVirtual(continuation, "run", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, Object.class));
            IS_DONE = lookup.findVirtual(continuation, "isDone", MethodType.methodType(boolean.class))
                    .asType(MethodType.methodType(boolean.class, Object.class));
            YIELD = MethodHandles.insertArguments(
                    lookup.findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope)), 0, items);
        } catch (Throwable e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String kernel;
    private final Grid grid;
    private final Consumer<KernelContext> code;
    private final SplittableRandom random;
    private final Item[] items;
    private final int[] order;
    private final List<float[]> shared = new ArrayList<>();

    private WorkItems(String kernel, Grid grid, Consumer<KernelContext> code, long seed) {
        this.kernel = kernel;
        this.grid = grid;
        this.code = code;
        random = new SplittableRandom(seed);
        items = new Item[grid.groupX() * grid.groupY()];
        Arrays.setAll(items, _ -> new Item());
        order = new int[items.length];
        Arrays.setAll(order, i -> i);
    }

    /// Runs a kernel to its end, its groups at the same time on all cores.
    ///
    /// @param seed of the orders
    /// @return how often a group's work-items take turns, at most
    public static int run(String kernel, Grid grid, Consumer<KernelContext> code, long seed) {
        int columns = grid.x() / grid.groupX();
        int groups = columns * (grid.y() / grid.groupY());
        int parts = Math.min(groups, Runtime.getRuntime().availableProcessors());
        return IntStream.range(0, parts)
                .parallel()
                .map(part -> {
                    WorkItems group = new WorkItems(kernel, grid, code, seed * parts + part);
                    int turns = 0;
                    for (int i = part; i < groups; i += parts) {
                        turns = Math.max(turns, group.run(i % columns, i / columns));
                    }
                    return turns;
                })
                .max()
                .orElse(0);
    }

    private int run(int groupX, int groupY) {
        shared.clear();
        for (int i = 0; i < items.length; i++) {
            items[i].begin(groupX, groupY, i % grid.groupX(), i / grid.groupX());
        }
        int left = items.length;
        int turns = 0;
        while (left > 0) {
            shuffle();
            turns++;
            int done = 0;
            for (int i : order) {
                done += items[i].runToBarrier() ? 1 : 0;
            }
            if (done != 0 && done != left) {
                throw new AssertionError(kernel + ": " + done + " of " + left
                        + " work-items of a group end where the others wait at a barrier");
            }
            left -= done;
        }
        return turns;
    }

    private void shuffle() {
        for (int i = order.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
    }

    private final class Item extends KernelContext {
        private Object continuation = this;
        private int arrays;

        private void begin(int groupX, int groupY, int localX, int localY) {
            set("groupIdx", groupX);
            set("groupIdy", groupY);
            set("localIdx", localX);
            set("localIdy", localY);
            set("globalIdx", groupX * grid.groupX() + localX);
            set("globalIdy", groupY * grid.groupY() + localY);
            set("localGroupSizeX", grid.groupX());
            set("localGroupSizeY", grid.groupY());
            set("globalGroupSizeX", grid.x());
            set("globalGroupSizeY", grid.y());
            arrays = 0;
            try {
                continuation = (Object) NEW.invokeExact((Runnable) () -> code.accept(this));
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        /// @return whether it came to its end
        private boolean runToBarrier() {
            try {
                RUN.invokeExact(continuation);
                return (boolean) IS_DONE.invokeExact(continuation);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void localBarrier() {
            try {
                if (!(boolean) YIELD.invokeExact()) {
                    throw new IllegalStateException(kernel + " cannot wait here");
                }
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void globalBarrier() {
            throw new AssertionError(kernel + " waits for other groups, which need not run at the same time");
        }

        /// The n-th array that a work-item asks for is the n-th of its group.
        @Override
        public float[] allocateFloatLocalArray(int size) {
            if (arrays == shared.size()) {
                float[] values = new float[size];
                Arrays.fill(values, Float.NaN);
                shared.add(values);
            }
            float[] array = shared.get(arrays++);
            if (array.length != size) {
                throw new AssertionError(kernel + ": work-items of a group ask for different local arrays");
            }
            return array;
        }

        private void set(String name, int value) {
            try {
                Objects.requireNonNull(NUMBERS.get(name), name).set(this, value);
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
