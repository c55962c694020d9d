package dev.daa.eval.report.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParallelTest {
    private static final List<Integer> VALUES = IntStream.range(0, 100).boxed().toList();

    @Test
    void resultsComeInOrder() throws IOException {
        assertThat(Parallel.map(VALUES, value -> 2 * value))
                .isEqualTo(VALUES.stream().map(value -> 2 * value).toList());
    }

    /// Else files would still be written behind the error that says they could not be.
    @Test
    void theFirstFailureIsThrownOnceNothingGoesOn() {
        AtomicInteger begun = new AtomicInteger();
        assertThatThrownBy(() -> Parallel.map(VALUES, value -> {
                    begun.incrementAndGet();
                    if (value % 7 == 3) {
                        throw new IOException("value " + value);
                    }
                    return value;
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("value 3");
        assertThat(begun).hasValue(VALUES.size());
    }
}
