package dev.daa.eval.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TimingTest {
    /// Steps one after the other from second 1 on, so long each.
    private static Timing timing(int first, double... durations) {
        double[] begins = new double[durations.length];
        double[] ends = new double[durations.length];
        double now = 1;
        for (int step = 0; step < durations.length; step++) {
            begins[step] = now;
            now += durations[step];
            ends[step] = now;
        }
        return Timing.of(begins, ends, first);
    }

    @Test
    void readsTheStepsThatCount() {
        Timing timing = timing(4, 8, 4, 2, 2, 1, 2, 3, 2.5, 1.5);
        assertThat(timing.median()).isEqualTo(2);
        assertThat(timing.fastest()).isEqualTo(1);
        assertThat(timing.slowest()).isEqualTo(3);
        assertThat(timing.steps()).isEqualTo(5);
        assertThat(timing.total()).isEqualTo(10);
        assertThat(timing.firstStep()).isEqualTo(9);
        // The first three in a row of at most 2.2 are the steps of 2, 2, 1, after 8 + 4 seconds.
        assertThat(timing.steadyAfter()).isEqualTo(13);
    }

    @Test
    void aLoneFastStepIsNotSteady() {
        Timing timing = timing(3, 1, 5, 1, 5, 1, 1, 5, 1, 1);
        assertThat(timing.median()).isEqualTo(1);
        assertThat(timing.steadyAfter()).isNaN();
    }

    /// Steps that end at 1, 3, 7 and 15; all but the first count, their last seconds only.
    @Test
    void theTotalHasWhatCameBeforeTheLastParts() {
        Timing timing = Timing.of(new double[] {0, 2, 6, 14}, new double[] {1, 3, 7, 15}, 1);
        assertThat(timing.median()).isEqualTo(1);
        assertThat(timing.total()).isEqualTo(14);
    }

    @Test
    void runsAtLeastTheStepsAsked() {
        int[] runs = new int[1];
        List<Integer> counting = new ArrayList<>();
        Pace pace = new Pace(0, 3, 0, 7).telling(() -> counting.add(runs[0]));
        Timing timing = Timing.measure(() -> runs[0]++, pace, System.nanoTime());
        assertThat(timing.steps()).isEqualTo(7);
        assertThat(runs[0]).isEqualTo(10);
        assertThat(counting).containsExactly(3);
    }

    /// Weights of the matrix products: 12·128² in each of 4 blocks and 512·128 in the head; each takes part in a
    /// product forward and in two backward. Attention: 2 products of queries and keys forward, 5 backward.
    @Test
    void countsTheOperationsOfModelS() {
        double rows = 16 * 128;
        double weights = 4 * 12 * 128 * 128 + 512 * 128;
        double pairs = 16 * 128 * 129 / 2.0;
        try (Backend backend = Backend.open("cpu", 1)) {
            Speed speed = Workload.S.measure(backend, new Pace(0, 1, 0, 1), System.nanoTime());
            assertThat(speed.tokens()).isEqualTo(rows);
            assertThat(speed.operations()).isCloseTo(6 * rows * weights + 7 * 4 * 2 * 128 * pairs, within(0.5));
            assertThat(speed.timing().steps()).isOne();
        }
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThat(Workload.named("GENERATE-s")).isEqualTo(Workload.GENERATE_S);
        assertThatThrownBy(() -> Workload.named("XL"))
                .isInstanceOf(InputException.class)
                .hasMessage("workload is 'XL', expected one of S, M, L, tiny, generate-S, generate-M,"
                        + " sft-tiny, ppo-update, best-of-n, gpt2, generate-L, launches");
        assertThatThrownBy(() -> Pace.of(0)).isInstanceOf(InputException.class);
    }

    /// Steps of which a known last part counts.
    @Test
    void onlyTheLastPartCounts() {
        Timing timing = Timing.ofLastPart(() -> 0.25, new Pace(0, 2, 0, 5), System.nanoTime());
        assertThat(timing.median()).isCloseTo(0.25, within(1e-6));
        assertThat(timing.steps()).isEqualTo(5);
    }
}
