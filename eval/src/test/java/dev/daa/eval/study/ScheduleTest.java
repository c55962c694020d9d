package dev.daa.eval.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.Backend;
import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.study.Schedule.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ScheduleTest {
    private final Schedule schedule = new Schedule();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final List<Integer> concurrent = Collections.synchronizedList(new ArrayList<>());
    private final List<String> ran = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Throwable> causes = new TreeMap<>();

    private List<String> run(int places) {
        return run(places, causes::put);
    }

    private List<String> run(int places, BiConsumer<String, Throwable> failure) {
        return schedule.run(
                places,
                sharing -> {
                    concurrent.add(sharing);
                    return Backend.open("cpu", 1, MatmulPrecision.FP32);
                },
                stopped::get,
                failure);
    }

    private Function<Backend, String> named(String name) {
        return _ -> {
            ran.add(name);
            return name;
        };
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aStepStartsAsSoonAsWhatItNeedsIsDone() {
        CountDownLatch cellStarted = new CountDownLatch(1);
        Step<String> first = schedule.add("first", List.of(), named("first"));
        schedule.add("slow", List.of(), _ -> {
            await(cellStarted);
            ran.add("slow");
            return "slow";
        });
        schedule.add("cell", List.of(first), _ -> {
            cellStarted.countDown();
            ran.add("cell of " + first.result());
            return "cell";
        });
        assertThat(run(2)).isEmpty();
        assertThat(ran).containsExactlyInAnyOrder("first", "cell of first", "slow");
        assertThat(ran).startsWith("first");
    }

    @Test
    void onePlaceTakesTheStepsInTheirOrder() {
        Step<String> base = schedule.add("base", List.of(), named("base"));
        schedule.add("other", List.of(), named("other"));
        schedule.add("cell", List.of(base), named("cell"));
        assertThat(run(1)).isEmpty();
        assertThat(ran).containsExactly("base", "other", "cell");
        assertThat(concurrent).containsExactly(1, 1, 1);
    }

    @Test
    void aStepThatIsAloneHasTheMachineToItself() {
        Step<String> base = schedule.add("base", List.of(), named("base"));
        schedule.add("one", List.of(base), named("one"));
        schedule.add("two", List.of(base), named("two"));
        assertThat(run(4)).isEmpty();
        assertThat(concurrent.getFirst()).isEqualTo(1);
        assertThat(concurrent.get(1)).as("one of two that are ready").isEqualTo(2);
    }

    @Test
    void whatNeedsAFailedStepDoesNotRunAndTheOthersDo() {
        IllegalStateException broken = new IllegalStateException("broken");
        Step<String> failing = schedule.add("failing", List.of(), _ -> {
            throw broken;
        });
        Step<String> lost = schedule.add("lost", List.of(failing), named("lost"));
        schedule.add("lost too", List.of(lost), named("lost too"));
        Step<String> base = schedule.add("base", List.of(), named("base"));
        Step<String> after = schedule.add("after", List.of(base), List.of(lost), named("after"));
        assertThat(run(2)).containsExactly("failing");
        assertThat(causes).containsExactly(Map.entry("failing", broken));
        assertThat(ran).containsExactly("base", "after");
        assertThat(lost.outcome()).isEmpty();
        assertThat(after.result()).isEqualTo("after");
    }

    /// A full disk: the failure cannot be entered in the ledger.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aListenerThatThrowsEndsTheRunWithWhatItThrew(int places) {
        UncheckedIOException full = new UncheckedIOException(new IOException("No space left on device"));
        Step<String> failing = schedule.add("failing", List.of(), _ -> {
            throw new IllegalStateException("broken");
        });
        schedule.add("lost", List.of(failing), named("lost"));
        schedule.add("after", List.of(), List.of(failing), named("after"));
        assertThatThrownBy(() -> run(places, (_, _) -> {
                    throw full;
                }))
                .isSameAs(full);
        assertThat(ran).isEmpty();
    }

    @Test
    void nothingStartsOnceStopped() {
        schedule.add("first", List.of(), _ -> {
            stopped.set(true);
            return "first";
        });
        schedule.add("second", List.of(), named("second"));
        assertThat(run(1)).isEmpty();
        assertThat(ran).isEmpty();
    }
}
