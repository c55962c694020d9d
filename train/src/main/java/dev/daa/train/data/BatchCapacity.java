package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.ToIntFunction;

/// How many packed rows the largest micro-batch of a data set can have.
public final class BatchCapacity {
    private BatchCapacity() {}

    /// Rows of the `microBatch` longest sequences.
    public static int ofSequences(Collection<Sequence> sequences, int microBatch) {
        return largest(sequences, Sequence::length, microBatch);
    }

    /// Rows of the `microBatch` longest pairs, or responses that were judged alone.
    public static int ofPairs(List<? extends Feedback> pairs, int microBatch) {
        return largest(pairs, Feedback::rows, microBatch);
    }

    private static <T> int largest(Collection<? extends T> rows, ToIntFunction<T> length, int count) {
        int[] lengths = rows.stream().mapToInt(length).sorted().toArray();
        int most = Math.min(count, lengths.length);
        long sum = Arrays.stream(lengths, lengths.length - most, lengths.length)
                .asLongStream()
                .sum();
        // Batches larger than the data set see rows twice.
        sum += (long) (count - most) * (lengths.length == 0 ? 0 : lengths[lengths.length - 1]);
        if (sum > Integer.MAX_VALUE) {
            throw new InputException("a batch of " + count + " rows has up to " + sum
                    + " tokens, more than an array can hold; reduce --micro-batch");
        }
        return (int) sum;
    }
}
