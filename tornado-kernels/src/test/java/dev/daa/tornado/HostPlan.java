package dev.daa.tornado;

import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.WorkItems;
import dev.daa.tornado.lowering.Launch;
import dev.daa.tornado.plan.Chunk;
import dev.daa.tornado.plan.LaunchPlan;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task10;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task11;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task12;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task13;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task14;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task15;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task3;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task5;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task7;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task8;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task9;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// Runs the launches of a program as plain Java, on the arrays as they are.
final class HostPlan implements LaunchPlan {
    private final List<Chunk> chunks = new ArrayList<>();
    private boolean open;
    private long seed;

    @Override
    public int add(Chunk chunk, Object... sent) {
        chunks.add(chunk);
        return chunks.size() - 1;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void open() {
        open = true;
    }

    @Override
    public void run(int number) {
        for (Launch launch : chunks.get(number).launches()) {
            Recorded recorded = new Recorded();
            launch.recorder().record(recorded, launch.kernel());
            int _ = WorkItems.run(launch.kernel(), Objects.requireNonNull(launch.grid()), recorded::run, seed++);
        }
    }

    @Override
    public void toHost(Object array) {}

    @Override
    public void write(FloatArray array, MemorySegment from, int count) {
        Memory.copy(from, 0, array, 0, count);
    }

    @Override
    public void close() {}

    /// Keeps the kernel that is added, instead of compiling it.
    private static final class Recorded extends TaskGraph {
        private @Nullable MethodHandle kernel;
        private Object[] arguments = {};

        Recorded() {
            super("host");
        }

        private TaskGraph keep(Object code, Object... given) {
            try {
                Class<?> form = code.getClass().getInterfaces()[0];
                kernel = MethodHandles.publicLookup()
                        .unreflect(Arrays.stream(form.getMethods())
                                .filter(method -> method.getName().equals("apply"))
                                .findFirst()
                                .orElseThrow())
                        .bindTo(code)
                        .asSpreader(Object[].class, given.length);
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
            arguments = given;
            return this;
        }

        void run(KernelContext item) {
            Object[] own = arguments.clone();
            for (int i = 0; i < own.length; i++) {
                own[i] = own[i] instanceof KernelContext ? item : own[i];
            }
            try {
                Objects.requireNonNull(kernel).invoke(own);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public <A, B, C> TaskGraph task(String id, Task3<A, B, C> code, A a, B b, C c) {
            return keep(code, a, b, c);
        }

        @Override
        public <A, B, C, D> TaskGraph task(String id, Task4<A, B, C, D> code, A a, B b, C c, D d) {
            return keep(code, a, b, c, d);
        }

        @Override
        public <A, B, C, D, E> TaskGraph task(String id, Task5<A, B, C, D, E> code, A a, B b, C c, D d, E e) {
            return keep(code, a, b, c, d, e);
        }

        @Override
        public <A, B, C, D, E, F> TaskGraph task(
                String id, Task6<A, B, C, D, E, F> code, A a, B b, C c, D d, E e, F f) {
            return keep(code, a, b, c, d, e, f);
        }

        @Override
        public <A, B, C, D, E, F, G> TaskGraph task(
                String id, Task7<A, B, C, D, E, F, G> code, A a, B b, C c, D d, E e, F f, G g) {
            return keep(code, a, b, c, d, e, f, g);
        }

        @Override
        public <A, B, C, D, E, F, G, H> TaskGraph task(
                String id, Task8<A, B, C, D, E, F, G, H> code, A a, B b, C c, D d, E e, F f, G g, H h) {
            return keep(code, a, b, c, d, e, f, g, h);
        }

        @Override
        public <A, B, C, D, E, F, G, H, I> TaskGraph task(
                String id, Task9<A, B, C, D, E, F, G, H, I> code, A a, B b, C c, D d, E e, F f, G g, H h, I i) {
            return keep(code, a, b, c, d, e, f, g, h, i);
        }

        @Override
        public <A, B, C, D, E, F, G, H, I, J> TaskGraph task(
                String id,
                Task10<A, B, C, D, E, F, G, H, I, J> code,
                A a,
                B b,
                C c,
                D d,
                E e,
                F f,
                G g,
                H h,
                I i,
                J j) {
            return keep(code, a, b, c, d, e, f, g, h, i, j);
        }

        @Override
        public <A, B, C, D, E, F, G, H, I, J, K> TaskGraph task(
                String id,
                Task11<A, B, C, D, E, F, G, H, I, J, K> code,
                A a,
                B b,
                C c,
                D d,
                E e,
                F f,
                G g,
                H h,
                I i,
                J j,
                K k) {
            return keep(code, a, b, c, d, e, f, g, h, i, j, k);
        }

        @Override
        public <A, B, C, D, E, F, G, H, I, J, K, L> TaskGraph task(
                String id,
                Task12<A, B, C, D, E, F, G, H, I, J, K, L> code,
                A a,
                B b,
                C c,
                D d,
                E e,
                F f,
                G g,
                H h,
                I i,
                J j,
                K k,
                L l) {
            return keep(code, a, b, c, d, e, f, g, h, i, j, k, l);
        }

        @Override
        public <A, B, C, D, E, F, G, H, I, J, K, L, M> TaskGraph task(
                String id,
                Task13<A, B, C, D, E, F, G, H, I, J, K, L, M> code,
                A a,
                B b,
                C c,
                D d,
                E e,
                F f,
                G g,
                H h,
                I i,
                J j,
                K k,
                L l,
                M m) {
            return keep(code, a, b, c, d, e, f, g, h, i, j, k, l, m);
        }

        @Override
        public <A, B, C, D, E, F, G, H, I, J, K, L, M, N> TaskGraph task(
                String id,
                Task14<A, B, C, D, E, F, G, H, I, J, K, L, M, N> code,
                A a,
                B b,
                C c,
                D d,
                E e,
                F f,
                G g,
                H h,
                I i,
                J j,
                K k,
                L l,
                M m,
                N n) {
            return keep(code, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
        }

        @Override
        public <A, B, C, D, E, F, G, H, I, J, K, L, M, N, O> TaskGraph task(
                String id,
                Task15<A, B, C, D, E, F, G, H, I, J, K, L, M, N, O> code,
                A a,
                B b,
                C c,
                D d,
                E e,
                F f,
                G g,
                H h,
                I i,
                J j,
                K k,
                L l,
                M m,
                N n,
                O o) {
            return keep(code, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
        }
    }
}
