package dev.daa.compute.cpu.kernel;

/// Partial descending order of keys whose upper half is a non-negative float (its weight), without allocation.
final class Selection {
    private Selection() {}

    /// Moves the `count` largest of the first `length` keys to the front, in any order.
    static void largestFirst(long[] keys, int length, int count) {
        int from = 0;
        int to = length;
        while (to - from > 1) {
            int middle = partition(keys, from, to);
            if (middle >= count) {
                to = middle;
            } else {
                from = middle;
            }
        }
    }

    /// Moves the largest keys to the front until their weights reach `weight`; returns how many these are, at least
    /// 1.
    static int largestUntil(long[] keys, int length, double weight) {
        int from = 0;
        int to = length;
        double before = 0;
        while (to - from > 1) {
            int middle = partition(keys, from, to);
            double larger = before;
            for (int i = from; i < middle; i++) {
                larger += weight(keys[i]);
            }
            if (larger >= weight) {
                to = middle;
            } else {
                before = larger;
                from = middle;
            }
        }
        return Math.max(1, to);
    }

    /// Splits `from … to − 1` (at least two keys, all different) so that the keys before the returned index are
    /// larger than those from it on; neither side is empty.
    private static int partition(long[] keys, int from, int to) {
        long a = keys[from];
        long b = keys[from + (to - from) / 2];
        long c = keys[to - 1];
        long pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
        int left = from;
        int right = to - 1;
        while (true) {
            while (keys[left] > pivot) {
                left++;
            }
            while (keys[right] < pivot) {
                right--;
            }
            if (left >= right) {
                break;
            }
            long swap = keys[left];
            keys[left] = keys[right];
            keys[right] = swap;
            left++;
            right--;
        }
        // Larger keys and the pivot itself are in front; keep both sides filled.
        int middle = keys[left] >= pivot ? left + 1 : left;
        return Math.min(Math.max(middle, from + 1), to - 1);
    }

    private static double weight(long key) {
        return Float.intBitsToFloat((int) (key >>> 32));
    }
}
