package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntervalTest {
    /// From tables: t(0.975) = 2.776, 2.571, 2.201 and 1.984 with 4, 5, 11 and 99 degrees of freedom, times √(n/(n
    /// − 1)), looked up in Φ.
    @ParameterizedTest
    @CsvSource({"5, 0.00095", "6, 0.00243", "12, 0.01076", "100, 0.0231"})
    void tailsAreThoseOfStudentsInterval(int clusters, double tail) {
        assertThat(Interval.tail(clusters)).isCloseTo(tail, within(0.01 * tail));
    }

    @Test
    void ranksAreTakenOutwards() {
        double[] draws = IntStream.rangeClosed(0, 1000).asDoubleStream().toArray();
        assertThat(Interval.of(draws)).satisfies(interval -> is(interval, 25, 975, 1.96));
        assertThat(Interval.ofClusters(draws, 12)).hasValueSatisfying(interval -> is(interval, 10, 990, 2.201));
        assertThat(Interval.ofClusters(draws, 5)).hasValueSatisfying(interval -> is(interval, 0, 1000, 2.776));
        assertThat(Interval.ofClusters(draws, 4)).isEmpty();
    }

    /// Of two seeds: 0 without one, `apart` without the other; the mean is `apart`/2 and so is the error.
    @ParameterizedTest
    @CsvSource({"100, -585.3, 685.3, 50", "0.1, -0.585, 100, 18.01"})
    void theWiderOneComesWithItsError(double apart, double low, double high, double error) {
        double[] draws =
                IntStream.rangeClosed(0, 1000).mapToDouble(k -> k / 10.0).toArray();
        assertThat(Interval.of(draws, 5, new double[] {0, apart})).hasValueSatisfying(interval -> {
            assertThat(interval.low()).isCloseTo(low, within(0.02));
            assertThat(interval.high()).isCloseTo(high, within(0.02));
            assertThat(interval.error()).isCloseTo(error, within(0.01));
        });
    }

    /// @param errors from the middle to either end
    private static void is(Interval interval, double low, double high, double errors) {
        assertThat(interval.low()).isEqualTo(low);
        assertThat(interval.high()).isEqualTo(high);
        assertThat(interval.error()).isCloseTo((high - low) / 2 / errors, within(0.001 * high));
    }
}
