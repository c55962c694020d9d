package dev.daa.train.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.daa.train.loop.Schedule.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ScheduleTest {

    @ParameterizedTest
    @EnumSource(Shape.class)
    void warmsUpFromTheFirstUpdateToThePeak(Shape shape) {
        Schedule schedule = new Schedule(shape, 8.0, 4, 104, 0);
        assertThat(new double[] {
                    schedule.learningRate(0),
                    schedule.learningRate(1),
                    schedule.learningRate(2),
                    schedule.learningRate(3),
                    schedule.learningRate(4)
                })
                .containsExactly(2, 4, 6, 8, 8);
    }

    @Test
    void constantStays() {
        Schedule schedule = new Schedule(Shape.CONSTANT, 1e-3, 0, 10, 0);
        for (long step = 0; step < 20; step++) {
            assertThat(schedule.learningRate(step)).isEqualTo(1e-3);
        }
    }

    @Test
    void linearFallsByEqualSteps() {
        Schedule schedule = new Schedule(Shape.LINEAR, 1.0, 0, 4, 0.2);
        double[] expected = {1.0, 0.8, 0.6, 0.4, 0.2, 0.2};
        for (int step = 0; step < expected.length; step++) {
            assertThat(schedule.learningRate(step)).isCloseTo(expected[step], within(1e-15));
        }
    }

    /// cos 0 = 1, cos π/3 = ½, cos π/2 = 0, cos 2π/3 = −½, cos π = −1.
    @Test
    void cosineFallsAsTheCosine() {
        Schedule schedule = new Schedule(Shape.COSINE, 1.0, 6, 12, 0);
        assertThat(schedule.learningRate(6)).isEqualTo(1.0);
        assertThat(schedule.learningRate(8)).isCloseTo(0.75, within(1e-15));
        assertThat(schedule.learningRate(9)).isCloseTo(0.5, within(1e-15));
        assertThat(schedule.learningRate(10)).isCloseTo(0.25, within(1e-15));
        assertThat(schedule.learningRate(12)).isCloseTo(0, within(1e-15));
    }

    @Test
    void aRunThatOnlyWarmsUpEndsAtItsPeak() {
        assertThat(new Schedule(Shape.LINEAR, 3.0, 3, 3, 0).learningRate(2)).isEqualTo(3.0);
    }

    @Test
    void refusesNumbersWithoutAMeaning() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Schedule(Shape.LINEAR, 0, 0, 1, 0))
                .withMessage("the peak learning rate is 0.0, expected a number above 0");
        assertThatIllegalArgumentException().isThrownBy(() -> new Schedule(Shape.LINEAR, Double.NaN, 0, 1, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Schedule(Shape.LINEAR, 1, 11, 10, 0))
                .withMessage("the warm-up has 11 steps, expected from 0 to the 10 steps of the run");
        assertThatIllegalArgumentException().isThrownBy(() -> new Schedule(Shape.LINEAR, 1, 0, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Schedule(Shape.LINEAR, 1, 0, 1, 2));
    }
}
