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

    /// Of `microBatch` sequences in any order of epochs.
    public static BatchCapacity ofSequences(Collection<Sequence> sequences, int microBatch) {
        return new BatchCapacity(
                largest(sequences, Sequence::length, microBatch),
                largest(sequences, Sequence::scoredTokens, microBatch));
    }

    /// Of `microBatch` pairs, or responses that were judged alone, in any order of epochs.
    public static BatchCapacity ofPairs(List<? extends Feedback> pairs, int microBatch) {
        return new BatchCapacity(
                largest(pairs, Feedback::rows, microBatch), largest(pairs, Feedback::targets, microBatch));
    }

    /// The most tokens of `count` rows that follow each other in an [EpochOrder]. Where an epoch ends inside a
    /// batch, the next may begin with rows that the batch has already: they are the ends of two permutations, with
    /// whole ones between them.
    private static <T> int largest(Collection<? extends T> rows, ToIntFunction<T> length, int count) {
        int[] shortestFirst = rows.stream().mapToInt(length).sorted().toArray();
        int size = shortestFirst.length;
        if (size == 0) {
            return 0;
        }
        long most = 0;
        for (int whole = Math.max(0, Math.ceilDiv(count, size) - 2); whole <= count / size; whole++) {
            int ends = count - whole * size;
            long sum = whole * longest(shortestFirst, size)
                    + longest(shortestFirst, ends / 2)
                    + longest(shortestFirst, ends - ends / 2);
            most = Math.max(most, sum);
        }
        if (most > Integer.MAX_VALUE) {
            throw new InputException("a batch of " + count + " rows has up to " + most
                    + " tokens, more than an array can hold; reduce --micro-batch");
        }
        return (int) most;
    }

    private static long longest(int[] shortestFirst, int count) {
        int size = shortestFirst.length;
        return Arrays.stream(shortestFirst, Math.max(0, size - count), size)
                .asLongStream()
                .sum();
    }
}
