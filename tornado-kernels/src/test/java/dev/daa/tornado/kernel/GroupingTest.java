package dev.daa.tornado.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

final class GroupingTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 13, 33, 257})
    void everyMemberIsInTheGroupOfItsKeyInOrder(int count) {
        int[] keys = new SplittableRandom(count).ints(count, 0, 1 + count / 3).toArray();
        IntArray table = Memory.ints(3 * count + 4);
        Grouping grouping = new Grouping(0, count + 1, 2 * count + 3);
        int groups = grouping.byKey(keys, count, table);
        int members = 0;
        for (int group = 0; group < groups; group++) {
            List<Integer> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                if (keys[i] == table.get(group)) {
                    expected.add(i);
                }
            }
            assertThat(members(table, grouping, group)).isEqualTo(expected);
            members += expected.size();
        }
        assertThat(members).isEqualTo(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 33})
    void rowsWithoutMembersHaveEmptyGroups(int rows) {
        int[] rowOf = new SplittableRandom(rows).ints(rows / 2, 0, rows).toArray();
        IntArray table = Memory.ints(2 * rows + 2);
        Grouping grouping = new Grouping(-1, 0, rows + 1);
        grouping.byRow(rowOf, rowOf.length, rows, table);
        for (int row = 0; row < rows; row++) {
            List<Integer> expected = new ArrayList<>();
            for (int i = 0; i < rowOf.length; i++) {
                if (rowOf[i] == row) {
                    expected.add(i);
                }
            }
            assertThat(members(table, grouping, row)).isEqualTo(expected);
        }
    }

    private static List<Integer> members(IntArray table, Grouping grouping, int group) {
        List<Integer> found = new ArrayList<>();
        for (int i = table.get(grouping.start() + group); i < table.get(grouping.start() + group + 1); i++) {
            found.add(table.get(grouping.member() + i));
        }
        return found;
    }
}
