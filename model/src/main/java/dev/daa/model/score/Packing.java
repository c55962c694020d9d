package dev.daa.model.score;

import dev.daa.compute.Batch;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/// Lays prompts and responses into a [Batch]: each prompt once, as a shared prefix, followed by its responses.
/// Consecutive responses to equal prompts share one prefix.
///
/// For log-probabilities the last token of a response is not an input, so a response of n tokens fills n − 1 rows; for
/// the scalar head it fills n.
public final class Packing {
    private final Batch batch;
    private int[] prefixPrompt = {};
    private int prefixSegment = -1;

    public Packing(Batch batch) {
        this.batch = batch;
    }

    /// Empties the batch.
    public void clear() {
        batch.clear();
        prefixSegment = -1;
    }

    /// Rows that a response takes at most, its prompt included.
    public static int rows(int[] prompt, int[] response) {
        return prompt.length + response.length;
    }

    /// Whether another response, with its prompt, is sure to fit.
    public boolean fits(int[] prompt, int[] response) {
        return batch.rows() + rows(prompt, response) <= batch.capacity().rows()
                && batch.segments() + 2 <= batch.capacity().segments()
                && (batch.capacity().targets() == 0
                        || batch.targets() + response.length <= batch.capacity().targets())
                && (batch.capacity().scores() == 0
                        || batch.scores() + 1 <= batch.capacity().scores());
    }

    /// Empties the batch and fills it with sequences from `first` on, at least one of them.
    ///
    /// @param add one of the methods below
    /// @return the first sequence that is left over
    /// @throws CancellationException when `cancelled` says so
    int fill(List<Sequence> sequences, int first, BooleanSupplier cancelled, BiConsumer<int[], int[]> add) {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("scoring was stopped");
        }
        clear();
        int next = first;
        while (next < sequences.size()) {
            Sequence sequence = sequences.get(next);
            if (next > first && !fits(sequence.prompt(), sequence.response())) {
                break;
            }
            add.accept(sequence.prompt(), sequence.response());
            next++;
        }
        return next;
    }

    /// Appends a response whose tokens are scored by log-probability.
    ///
    /// @return its first target; the others follow
    public int addScored(int[] prompt, int[] response) {
        int first = batch.targets();
        if (prompt.length == 0) {
            int segment = batch.addSegment(response, 0, response.length - 1, -1);
            addTargets(batch.segmentStart[segment], response, 1);
            return first;
        }
        int prefix = prefix(prompt);
        batch.addTarget(batch.segmentStart[prefix] + prompt.length - 1, response[0]);
        if (response.length > 1) {
            int segment = batch.addSegment(response, 0, response.length - 1, prefix);
            addTargets(batch.segmentStart[segment], response, 1);
        }
        return first;
    }

    /// Appends a response that the scalar head scores at its last token.
    ///
    /// @return index of its score
    public int addJudged(int[] prompt, int[] response) {
        int prefix = prompt.length == 0 ? -1 : prefix(prompt);
        int segment = batch.addSegment(response, 0, response.length, prefix);
        return batch.addScore(batch.segmentStart[segment] + response.length - 1);
    }

    /// Appends a response whose last row is a target, so that a gather reads it; the target has no token to
    /// predict.
    void addRead(int[] prompt, int[] response) {
        int prefix = prompt.length == 0 ? -1 : prefix(prompt);
        int segment = batch.addSegment(response, 0, response.length, prefix);
        batch.addTarget(batch.segmentStart[segment] + response.length - 1, 0);
    }

    /// Appends a response whose every token the scalar head judges before it is known: a value for each.
    ///
    /// @return index of its first score; the others follow
    public int addValued(int[] prompt, int[] response) {
        int prefix = prefix(prompt);
        int first = batch.addScore(batch.segmentStart[prefix] + prompt.length - 1);
        if (response.length > 1) {
            int segment = batch.addSegment(response, 0, response.length - 1, prefix);
            for (int i = 0; i < response.length - 1; i++) {
                batch.addScore(batch.segmentStart[segment] + i);
            }
        }
        return first;
    }

    private void addTargets(int firstRow, int[] response, int from) {
        for (int i = from; i < response.length; i++) {
            batch.addTarget(firstRow + i - from, response[i]);
        }
    }

    private int prefix(int[] prompt) {
        if (prefixSegment < 0 || !Arrays.equals(prompt, prefixPrompt)) {
            prefixSegment = batch.addSegment(prompt, 0, prompt.length, -1);
            prefixPrompt = prompt;
        }
        return prefixSegment;
    }
}
