package dev.daa.compute;

import java.util.SplittableRandom;

/// Batches that several contracts share.
public final class SmallBatches {
    private SmallBatches() {}

    /// Rows of one segment, without targets.
    static Batch rows(int count) {
        Batch batch = new Batch(Capacity.training(count + 3, 2, count + 3, count + 3));
        batch.addSegment(new int[count], 0, count, -1);
        return batch;
    }

    /// Segments of odd lengths, some of them sharing prefixes; the continuations of one prefix do not follow each
    /// other.
    public static Batch segments(int... lengths) {
        Batch batch = new Batch(Capacity.training(600, 20, 600, 20));
        SplittableRandom random = new SplittableRandom(5);
        int first = -1;
        for (int i = 0; i < lengths.length; i++) {
            int length = Math.abs(lengths[i]);
            int[] tokens = random.ints(length, 0, 11).toArray();
            int segment = batch.addSegment(tokens, 0, length, lengths[i] < 0 ? first : -1);
            if (first < 0 || i == 3) {
                first = segment;
            }
        }
        return batch;
    }
}
