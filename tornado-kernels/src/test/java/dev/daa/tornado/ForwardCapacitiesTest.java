package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Capacity;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ForwardCapacitiesTest {
    static Stream<Arguments> decoding() {
        return Stream.of(
                Arguments.of(1088, 64, List.of(64, 256, 1024, 1088)),
                Arguments.of(1024, 64, List.of(64, 256, 1024)),
                Arguments.of(65, 64, List.of(64, 65)),
                Arguments.of(64, 64, List.of(64)),
                Arguments.of(63, 64, List.of(63)),
                Arguments.of(21, 1, List.of(1, 4, 16, 21)),
                Arguments.of(1088, 0, List.of(1088)),
                Arguments.of(Integer.MAX_VALUE, 1 << 29, List.of(1 << 29, Integer.MAX_VALUE)));
    }

    /// A step computes at most four times its rows, or those of one row a sample.
    @ParameterizedTest
    @MethodSource("decoding")
    void rowsRiseByFourFromOneRowASampleToTheCapacity(int rows, int targets, List<Integer> expected) {
        Capacity capacity = Capacity.decoding(rows, targets, 5000);
        List<Capacity> found = TornadoProgram.forwardCapacities(capacity, true);
        assertThat(found.stream().map(Capacity::rows)).containsExactlyElementsOf(expected);
        assertThat(found).last().isEqualTo(capacity);
        assertThat(found).allSatisfy(each -> {
            assertThat(each.targets()).isEqualTo(targets);
            assertThat(each.cacheRows()).isEqualTo(5000);
        });
    }

    @Test
    void stepsThatFollowTheBatchOrTrainHaveOneSize() {
        Capacity decoding = Capacity.decoding(1088, 64, 5000);
        assertThat(TornadoProgram.forwardCapacities(decoding, false)).containsExactly(decoding);
        Capacity training = Capacity.training(1088, 8, 64, 0);
        assertThat(TornadoProgram.forwardCapacities(training, true)).containsExactly(training);
    }
}
