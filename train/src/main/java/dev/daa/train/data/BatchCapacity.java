package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.ToIntFunction;

/// What the largest micro-batch of a data set can have.
///
/// @param rows packed tokens
/// @param targets scored tokens
public record BatchCapacity(int rows, int targets) {
    /// Of batches that score up to as many tokens as they have rows.
    public static BatchCapacity ofRows(int rows) {
        return new BatchCapacity(rows, rows);
    }

    /// Of `microBatch` pairs with prompts and responses of up to so many tokens.
    public static BatchCapacity ofPairs(int microBatch, int longestPrompt, int longestResponse) {
        return new BatchCapacity(microBatch * 2 * (longestPrompt + longestResponse), microBatch * 2 * longestResponse);
    }

    /// Of the `microBatch` longest sequences.
    public static BatchCapacity ofSequences(Collection<Sequence> sequences, int microBatch) {
        return new BatchCapacity(
                largest(sequences, Sequence::length, microBatch),
                largest(sequences, Sequence::scoredTokens, microBatch));
    }

    /// Of the `microBatch` longest pairs, or responses that were judged alone.
    public static BatchCapacity ofPairs(List<? extends Feedback> pairs, int microBatch) {
        return new BatchCapacity(
                largest(pairs, Feedback::rows, microBatch), largest(pairs, Feedback::targets, microBatch));
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
