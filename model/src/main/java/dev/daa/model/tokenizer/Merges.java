package dev.daa.model.tokenizer;

import java.util.Arrays;
import org.eclipse.collections.api.map.primitive.MutableLongLongMap;
import org.eclipse.collections.impl.factory.primitive.LongLongMaps;

/// Byte pair encoding: joins adjacent tokens, the pair of the lowest rank first and among equals the leftmost, until no
/// pair is left that can be joined. Runs in O(n log n) for a piece of n symbols.
final class Merges {
    private static final long NONE = -1;

    /// `left << 32 | right` to `rank << 32 | joined`.
    private final MutableLongLongMap joins = LongLongMaps.mutable.empty();

    private int count;

    /// Adds the pair that comes next in rank.
    void add(int left, int right, int joined) {
        joins.put(pair(left, right), (long) count++ << 32 | joined);
    }

    int count() {
        return count;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    /// Joins the first `length` of `symbols` in place and returns how many are left.
    int apply(int[] symbols, int length) {
        return length < 2 ? length : new Joining(symbols, length).run();
    }

    /// One piece at work: a linked list of symbols and a heap of joins that may have gone stale.
    private final class Joining {
        private final int[] symbols;
        private final int length;
        /// Symbol after each; `length` after the last. Joined symbols are skipped.
        private final int[] next;
        private final int[] previous;
        /// `rank << 32 | position of the left symbol`, the least first.
        private long[] heap;
        private int size;

        Joining(int[] symbols, int length) {
            this.symbols = symbols;
            this.length = length;
            next = new int[length];
            previous = new int[length];
            heap = new long[length];
            for (int i = 0; i < length; i++) {
                next[i] = i + 1;
                previous[i] = i - 1;
            }
        }

        int run() {
            for (int i = 0; i + 1 < length; i++) {
                offer(i);
            }
            while (size > 0) {
                long least = poll();
                int at = (int) least;
                long join = joinAt(at);
                // The pair that was put on the heap may have been joined with a neighbour since.
                if (join != NONE && join >>> 32 == least >>> 32) {
                    join(at, (int) join);
                }
            }
            int kept = 0;
            for (int at = 0; at < length; at = next[at]) {
                symbols[kept++] = symbols[at];
            }
            return kept;
        }

        private long joinAt(int at) {
            int right = next[at];
            return right < 0 || right >= length ? NONE : joins.getIfAbsent(pair(symbols[at], symbols[right]), NONE);
        }

        private void join(int at, int joined) {
            int gone = next[at];
            symbols[at] = joined;
            next[at] = next[gone];
            if (next[gone] < length) {
                previous[next[gone]] = at;
            }
            next[gone] = -1;
            if (previous[at] >= 0) {
                offer(previous[at]);
            }
            offer(at);
        }

        private void offer(int at) {
            long join = joinAt(at);
            if (join == NONE) {
                return;
            }
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, 2 * size);
            }
            long key = (join >>> 32) << 32 | at;
            int child = size++;
            while (child > 0 && heap[(child - 1) / 2] > key) {
                heap[child] = heap[(child - 1) / 2];
                child = (child - 1) / 2;
            }
            heap[child] = key;
        }

        private long poll() {
            long least = heap[0];
            long key = heap[--size];
            int parent = 0;
            while (2 * parent + 1 < size) {
                int child = 2 * parent + 1;
                if (child + 1 < size && heap[child + 1] < heap[child]) {
                    child++;
                }
                if (heap[child] >= key) {
                    break;
                }
                heap[parent] = heap[child];
                parent = child;
            }
            heap[parent] = key;
            return least;
        }
    }
}
