package dev.daa.compute.cpu.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SelectionTest {
    private static long[] keys(int length, SplittableRandom random) {
        long[] keys = new long[length];
        for (int i = 0; i < length; i++) {
            // Few different weights, so that ties occur; the lower half tells them apart.
            keys[i] = (long) Float.floatToRawIntBits(random.nextInt(9) / 8f) << 32 | i;
        }
        return keys;
    }

    private static long[] descending(long[] keys) {
        long[] sorted = keys.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length / 2; i++) {
            long swap = sorted[i];
            sorted[i] = sorted[sorted.length - 1 - i];
            sorted[sorted.length - 1 - i] = swap;
        }
        return sorted;
    }

    private static void assertFront(long[] keys, long[] expected, int count) {
        assertThat(Arrays.copyOf(keys, count)).containsExactlyInAnyOrder(Arrays.copyOf(expected, count));
    }

    @Test
    void theLargestComeFirst() {
        SplittableRandom random = new SplittableRandom(1);
        for (int length : new int[] {1, 2, 3, 7, 13, 33, 257}) {
            for (int count = 1; count <= length; count += 1 + count / 3) {
                long[] keys = keys(length, random);
                long[] expected = descending(keys);
                Selection.largestFirst(keys, length, count);
                assertFront(keys, expected, count);
            }
        }
    }

    @Test
    void theSmallestFrontThatReachesTheWeight() {
        SplittableRandom random = new SplittableRandom(2);
        for (int length : new int[] {1, 2, 3, 7, 13, 33, 257}) {
            for (int part = 0; part <= 8; part++) {
                long[] keys = keys(length, random);
                long[] expected = descending(keys);
                double total = 0;
                for (long key : keys) {
                    total += Float.intBitsToFloat((int) (key >>> 32));
                }
                double wanted = total * part / 8;
                int count = 0;
                double reached = 0;
                while (count < 1 || (count < length && reached < wanted)) {
                    reached += Float.intBitsToFloat((int) (expected[count++] >>> 32));
                }
                assertThat(Selection.largestUntil(keys, length, wanted)).isEqualTo(count);
                assertFront(keys, expected, count);
            }
        }
    }
}
