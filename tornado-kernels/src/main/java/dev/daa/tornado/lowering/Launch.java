package dev.daa.tornado.lowering;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// One kernel with its arguments, not yet part of a task graph. TornadoVM compiles scalars and array lengths into the
/// code of a kernel as constants, and finds compiled code again by the names of graph and task alone: [#key] holds
/// everything that the code depends on, so that equal names are given to equal keys only.
///
/// @param kernel name for messages and profiles
/// @param grid work-items; null where a library decides
/// @param arguments kernel context, arrays and scalars in the order of the kernel's parameters
/// @param recorder appends the kernel to a graph
public record Launch(String kernel, @Nullable Grid grid, List<Object> arguments, Recorder recorder) {
    public Launch {
        long arrays = arguments.stream().filter(Launch::isArray).count();
        long distinct = arguments.stream()
                .filter(Launch::isArray)
                .mapToInt(System::identityHashCode)
                .distinct()
                .count();
        if (arrays != distinct) {
            throw new IllegalArgumentException(
                    kernel + " is given one array twice: TornadoVM would wait for it forever");
        }
    }

    /// Appends a task of that name to a graph.
    public interface Recorder {
        void record(TaskGraph graph, String task);
    }

    /// What the compiled code depends on.
    public String key() {
        return kernel + grid + arguments.stream().map(Launch::key).collect(Collectors.joining(","));
    }

    /// A task that a library computes.
    public static Launch library(String name, List<Object> arguments, Recorder recorder) {
        return new Launch(name, null, arguments, recorder);
    }

    public static boolean isArray(Object argument) {
        return argument instanceof FloatArray || argument instanceof IntArray || argument instanceof BFloat16Array;
    }

    private static String key(Object argument) {
        return switch (argument) {
            case FloatArray array -> "f" + array.getSize();
            case IntArray array -> "i" + array.getSize();
            case BFloat16Array array -> "b" + array.getSize();
            case Number scalar -> scalar.toString();
            default -> argument.getClass().getSimpleName();
        };
    }

    public static <T1, T2, T3> Launch of(String kernel, Grid grid, Task3<T1, T2, T3> code, T1 a1, T2 a2, T3 a3) {
        return new Launch(kernel, grid, List.of(a1, a2, a3), (graph, task) -> graph.task(task, code, a1, a2, a3));
    }

    public static <T1, T2, T3, T4> Launch of(
            String kernel, Grid grid, Task4<T1, T2, T3, T4> code, T1 a1, T2 a2, T3 a3, T4 a4) {
        return new Launch(
                kernel, grid, List.of(a1, a2, a3, a4), (graph, task) -> graph.task(task, code, a1, a2, a3, a4));
    }

    public static <T1, T2, T3, T4, T5> Launch of(
            String kernel, Grid grid, Task5<T1, T2, T3, T4, T5> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5) {
        return new Launch(
                kernel, grid, List.of(a1, a2, a3, a4, a5), (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5));
    }

    public static <T1, T2, T3, T4, T5, T6> Launch of(
            String kernel, Grid grid, Task6<T1, T2, T3, T4, T5, T6> code, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6) {
        return new Launch(
                kernel,
                grid,
                List.of(a1, a2, a3, a4, a5, a6),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6));
    }

    public static <T1, T2, T3, T4, T5, T6, T7> Launch of(
            String kernel,
            Grid grid,
            Task7<T1, T2, T3, T4, T5, T6, T7> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7) {
        return new Launch(
                kernel,
                grid,
                List.of(a1, a2, a3, a4, a5, a6, a7),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8> Launch of(
            String kernel,
            Grid grid,
            Task8<T1, T2, T3, T4, T5, T6, T7, T8> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8) {
        return new Launch(
                kernel,
                grid,
                List.of(a1, a2, a3, a4, a5, a6, a7, a8),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8, T9> Launch of(
            String kernel,
            Grid grid,
            Task9<T1, T2, T3, T4, T5, T6, T7, T8, T9> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9) {
        return new Launch(
                kernel,
                grid,
                List.of(a1, a2, a3, a4, a5, a6, a7, a8, a9),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> Launch of(
            String kernel,
            Grid grid,
            Task10<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10) {
        return new Launch(
                kernel,
                grid,
                List.of(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> Launch of(
            String kernel,
            Grid grid,
            Task11<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11) {
        return new Launch(
                kernel,
                grid,
                List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11}),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> Launch of(
            String kernel,
            Grid grid,
            Task12<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12) {
        return new Launch(
                kernel,
                grid,
                List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12}),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> Launch of(
            String kernel,
            Grid grid,
            Task13<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13) {
        return new Launch(
                kernel,
                grid,
                List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13}),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> Launch of(
            String kernel,
            Grid grid,
            Task14<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14) {
        return new Launch(
                kernel,
                grid,
                List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14}),
                (graph, task) -> graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14));
    }

    public static <T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> Launch of(
            String kernel,
            Grid grid,
            Task15<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> code,
            T1 a1,
            T2 a2,
            T3 a3,
            T4 a4,
            T5 a5,
            T6 a6,
            T7 a7,
            T8 a8,
            T9 a9,
            T10 a10,
            T11 a11,
            T12 a12,
            T13 a13,
            T14 a14,
            T15 a15) {
        return new Launch(
                kernel,
                grid,
                List.of(new Object[] {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15}),
                (graph, task) ->
                        graph.task(task, code, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15));
    }
}
