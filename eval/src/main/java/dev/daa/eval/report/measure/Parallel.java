package dev.daa.eval.report.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/// Work on all cores that reads or writes files.
public final class Parallel {
    private Parallel() {}

    /// A function that may fail for its files' sake.
    @FunctionalInterface
    public interface Reading<T, R> {
        R apply(T value) throws IOException;
    }

    /// @return what the function gives for each value, in the values' order
    public static <T, R> List<R> map(List<T> values, Reading<T, R> function) throws IOException {
        try {
            return values.parallelStream()
                    .map(value -> {
                        try {
                            return function.apply(value);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
