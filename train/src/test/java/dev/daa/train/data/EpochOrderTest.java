package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.daa.train.run.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpochOrderTest {
    private static int[] epoch(EpochOrder order, int size, int epoch) {
        return IntStream.range(0, size)
                .map(i -> order.at((long) epoch * size + i))
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 13, 33, 257})
    void everyEpochIsAPermutation(int size) {
        EpochOrder order = new EpochOrder(size, new Seeds(3));
        for (int epoch = 0; epoch < 5; epoch++) {
            assertThat(epoch(order, size, epoch))
                    .containsExactlyInAnyOrder(IntStream.range(0, size).toArray());
        }
    }

    @Test
    void epochsAndSeedsDiffer() {
        EpochOrder order = new EpochOrder(33, new Seeds(3));
        List<int[]> orders = List.of(
                epoch(order, 33, 0),
                epoch(order, 33, 1),
                epoch(order, 33, 2),
                epoch(new EpochOrder(33, new Seeds(4)), 33, 0));
        assertThat(orders).extracting(Arrays::toString).doesNotHaveDuplicates();
        assertThat(orders.getFirst()).isNotEqualTo(IntStream.range(0, 33).toArray());
    }

    /// Each of the 6 orders of three rows in about a sixth of 3,000 epochs: 500 ± 5 standard deviations of 20.4.
    @Test
    void allPermutationsAreEquallyLikely() {
        EpochOrder order = new EpochOrder(3, new Seeds(3));
        int[] counts = new int[9];
        for (int epoch = 0; epoch < 3000; epoch++) {
            counts[3 * order.at(3L * epoch) + order.at(3L * epoch + 1)]++;
        }
        for (int first = 0; first < 3; first++) {
            for (int second = 0; second < 3; second++) {
                assertThat(counts[3 * first + second]).isBetween(first == second ? 0 : 398, first == second ? 0 : 602);
            }
        }
    }

    /// A resumed run asks for a position in the middle, and a fresh one goes through all before it.
    @Test
    void aPositionDoesNotDependOnWhatWasAskedBefore() {
        EpochOrder order = new EpochOrder(13, new Seeds(3));
        int[] forward = IntStream.range(0, 65).map(order::at).toArray();
        for (int position = 64; position >= 0; position--) {
            assertThat(order.at(position)).isEqualTo(forward[position]);
            assertThat(new EpochOrder(13, new Seeds(3)).at(position)).isEqualTo(forward[position]);
        }
    }

    @Test
    void examplesFollowIt() {
        List<String> rows = IntStream.range(0, 13).mapToObj(Integer::toString).toList();
        Examples<String> shuffled = Examples.shuffled(rows, new Seeds(3));
        Examples<String> inOrder = Examples.inOrder(rows);
        EpochOrder order = new EpochOrder(13, new Seeds(3));
        for (int position = 0; position < 40; position++) {
            assertThat(shuffled.at(position)).isEqualTo(rows.get(order.at(position)));
            assertThat(inOrder.at(position)).isEqualTo(rows.get(position % 13));
        }
    }

    @Test
    void refusesAnEmptyDataSet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EpochOrder(0, new Seeds(3)))
                .withMessage("a data set to train on needs at least 1 row, found 0");
    }
}
