package dev.daa.eval.report.measure;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Work on all cores that reads or writes files.
public final class Parallel {
    private Parallel() {}

    /// A function that may fail for its files' sake.
    @FunctionalInterface
    public interface Reading<T, R> {
        R apply(T value) throws IOException;
    }

    /// What became of a value.
    private record Outcome<R>(@Nullable R result, @Nullable Exception failure) {}

    /// What the function gives for each value, in the values' order. A failure is thrown, the first in that order,
    /// once nothing works on any value any more.
    public static <T, R> List<R> map(List<T> values, Reading<T, R> function) throws IOException {
        List<Outcome<R>> outcomes =
                values.parallelStream().map(value -> outcome(value, function)).toList();
        List<R> results = new ArrayList<>();
        for (Outcome<R> outcome : outcomes) {
            switch (outcome.failure()) {
                case null -> results.add(Objects.requireNonNull(outcome.result()));
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Exception other -> throw new IllegalStateException(other);
            }
        }
        return results;
    }

    private static <T, R> Outcome<R> outcome(T value, Reading<T, R> function) {
        try {
            return new Outcome<>(function.apply(value), null);
        } catch (IOException | RuntimeException failure) {
            return new Outcome<>(null, failure);
        }
    }
}
