package dev.daa.tornado.kernel;

import java.util.Arrays;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Which members add up to one result, in the order in which they do: the members of group `g` are
/// `member[start[g]] … member[start[g + 1] − 1]`. Where several rows write to one place, a work-item takes a whole
/// group, so that sums need no atomics and have one order.
///
/// @param key place of the groups' keys, or -1 where the group's number is its key
/// @param start place of the groups' starts
/// @param member place of the members
public record Grouping(int key, int start, int member) {
    /// Groups `0 … count − 1` by equal values of `keys`, in the order of the keys.
    ///
    /// @return number of groups
    int byKey(int[] keys, int count, IntArray into) {
        long[] sorted = new long[count];
        for (int i = 0; i < count; i++) {
            sorted[i] = (long) keys[i] << 32 | i;
        }
        Arrays.sort(sorted);
        int groups = 0;
        for (int i = 0; i < count; i++) {
            int value = (int) (sorted[i] >> 32);
            if (i == 0 || value != (int) (sorted[i - 1] >> 32)) {
                into.set(key + groups, value);
                into.set(start + groups, i);
                groups++;
            }
            into.set(member + i, (int) sorted[i]);
        }
        into.set(start + groups, count);
        return groups;
    }

    /// One group for each of `rows` rows: the members that name it, in their order. Members that name no row are in
    /// no group: where an op reads their rows, the backend has refused them.
    void byRow(int[] rowOf, int count, int rows, IntArray into) {
        int[] next = new int[rows + 1];
        for (int i = 0; i < count; i++) {
            if (rowOf[i] < rows) {
                next[rowOf[i] + 1]++;
            }
        }
        for (int row = 0; row < rows; row++) {
            next[row + 1] += next[row];
        }
        for (int row = 0; row <= rows; row++) {
            into.set(start + row, next[row]);
        }
        for (int i = 0; i < count; i++) {
            if (rowOf[i] < rows) {
                into.set(member + next[rowOf[i]], i);
                next[rowOf[i]]++;
            }
        }
    }
}
